import pytest

from hub.policy import examination
from hub.policy.examination import Document, examine
from hub.policy.findings import PolicyFault


def policy(condition: str, *, policy_id: str = "baseline/p", effect: str = "permit") -> str:
    scope = 'principal, action == Action::"read:Product.public", resource'
    return f'@id("{policy_id}") {effect} ({scope}) when {{ {condition} }};'


def refused(*texts: str) -> list[str]:
    with pytest.raises(PolicyFault) as refusal:
        examine([Document(f"document {number}", text) for number, text in enumerate(texts)])
    return [str(finding) for finding in refusal.value.findings]


def test_a_sound_baseline_keeps_its_own_ids():
    text = policy('resource.origin == "KR"') + policy(
        'resource.feed like "x*"', policy_id="baseline/q", effect="forbid"
    )
    found = examine([Document("baseline", text)])
    assert [(each.id, each.agreement, each.effect) for each in found] == [
        ("baseline/p", None, "permit"),
        ("baseline/q", None, "forbid"),
    ]


def test_an_agreement_document_gets_the_id_given():
    text = policy("true", policy_id="whatever it says")
    (found,) = examine([Document("agreement `kr`", text, "kr", "kr/1")])
    assert (found.id, found.agreement) == ("kr/1", "kr")


def test_policies_keep_their_order_beyond_ten():
    texts = [policy("true", policy_id=f"baseline/p{number}") for number in range(12)]
    found = examine([Document("baseline", "".join(texts))])
    assert [each.id for each in found] == [f"baseline/p{number}" for number in range(12)]


def test_no_documents_are_an_empty_set():
    assert examine([Document("baseline", "// nothing yet")]) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("permit(", ("document 0", "unexpected end")),
        (policy('unknown("x")'), ("document 0", "Unknown")),
        ("permit(principal == ?principal, action, resource);", ("document 0", "template")),
        (policy("true").replace('@id("baseline/p")', ""), ("policy0", "@id")),
        (policy("true", policy_id="kr/1"), ("kr/1", "@id")),
        (policy("true") + policy("true"), ("`baseline/p`", "taken")),
        (policy("resource.ageDays + 1 > 3"), ("`baseline/p`", "add")),
        (policy('resource.status == "A"'), ("`baseline/p`", "status", "alliance.cedarschema")),
        (policy('resource.origin == "A" && resource.colour == "red"'), ("colour",)),
        (policy("resource.ageDays == true"), ("`baseline/p`", "types")),
        (policy('resource.origin < "B"'), ("`baseline/p`", "String")),
        (policy('context.ticket == "A"'), ("`baseline/p`", "ticket")),
        (policy("true").replace("Product.public", "Product.secret"), ("Product.secret",)),
        (policy("true").replace("resource)", "resource is SupplyNotice)"), ("`baseline/p`",)),
        (policy("(" * 60 + "true" + ")" * 60), ("document 0", "nests deeper")),
    ],
)
def test_a_refusal_names_the_place_and_the_mend(text, words):
    finding, *_ = refused(text)
    assert all(word in finding for word in words), finding


def test_faults_of_several_policies_are_found_together():
    found = refused(
        policy('resource.colour == "red"'),
        policy('resource.shape == "round"', policy_id="baseline/q"),
    )
    assert ["baseline/p" in found[0], "baseline/q" in found[1]] == [True, True]


def test_what_compiles_to_nothing_reliable_is_refused(monkeypatch):
    monkeypatch.setattr(examination.profile, "faults", lambda *_: ())
    found = refused(policy('resource == Product::"x" || resource.ageDays + 1 == 3'))
    assert all("Product.public" in finding and "baseline/p" in finding for finding in found)


def test_each_place_is_announced_before_its_text_is_parsed():
    heard: list[str] = []
    with pytest.raises(PolicyFault):
        examine(
            [Document("first", policy("true")), Document("second", "no")], announce=heard.append
        )
    assert heard == ["first", "second"]
