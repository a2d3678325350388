import sys

import pytest

from hub.errors import InvalidInput
from hub.policy import admission
from hub.policy.admission import admit

BASELINE = """
@id("baseline/owners")
permit (principal, action, resource) when { resource.origin == principal.member };
"""


def test_admission_gives_a_set_of_baseline_and_agreements_in_order(agreement):
    found = admit(BASELINE, [agreement(), agreement(id="eu-notices", owner="EU")])
    assert [policy.id for policy in found.policies] == [
        "baseline/owners",
        "eu-notices/1",
        "jp-notices/1",
    ]
    assert len(found.digest) == 64


def test_the_digest_follows_the_material_and_not_its_order(agreement, admitted):
    first, second = agreement(), agreement(id="eu-notices", owner="EU")
    whole = admit(BASELINE, [first, second]).digest
    assert admit(BASELINE, [second, first]).digest == whole
    others = [
        admitted(BASELINE, second),
        admitted(BASELINE, agreement(id="eu-notices", owner="KR"), first),
        admitted(BASELINE, second, agreement(title="Other")),
        admitted("", second, first),
    ]
    assert whole not in {other.digest for other in others}
    assert admitted(BASELINE, second, first).digest == whole


def test_an_empty_set_is_legal():
    assert admit("", []).policies == ()


@pytest.mark.parametrize(
    "deep", ["!(" * 100_000 + "true" + ")" * 100_000, "&& true " * 5_000, '["a"]' * 5_000]
)
def test_text_made_to_crash_the_parser_never_meets_it(deep):
    with pytest.raises(InvalidInput, match=r"baseline: (policy 1: has over|is over)"):
        admit(f"permit(principal,action,resource) when {{ principal {deep} }};", [])


def test_a_child_that_dies_refuses_what_it_was_at(monkeypatch):
    dying = (
        "import os, sys; sys.stdin.read();"
        "sys.stderr.write('examining baseline\\nexamining agreement `kr`\\n'); sys.stderr.flush();"
        "os.kill(os.getpid(), 11)"
    )
    monkeypatch.setattr(admission, "CHILD", (sys.executable, "-I", "-c", dying))
    with pytest.raises(InvalidInput, match=r"^agreement `kr`: breaks the examination: simplify it"):
        admit(BASELINE, [])


def test_an_examination_that_takes_too_much_processor_time_is_refused(agreement):
    many = [agreement(id=f"jp-{number}") for number in range(1000)]
    with pytest.raises(InvalidInput, match=r"takes over 1 s of processor time to examine"):
        admit(BASELINE, many, cpu_limit_s=1)


def test_an_examination_that_does_not_end_is_refused(monkeypatch):
    waiting = "import sys, time; sys.stdin.read(); time.sleep(60)"
    monkeypatch.setattr(admission, "CHILD", (sys.executable, "-I", "-c", waiting))
    monkeypatch.setattr(admission, "PATIENCE_S", 0.01)
    with pytest.raises(InvalidInput, match=r"the policies: takes over 0.01 s to examine"):
        admit(BASELINE, [])


def test_an_agreement_made_past_its_loader_is_refused_for_its_words(agreement):
    share = {"records": ['X", "y'], "groups": ["public"]}
    with pytest.raises(InvalidInput, match='share 1: records: `X", "y` is unknown'):
        admit(BASELINE, [agreement(share=[share])])


@pytest.mark.parametrize("taken", ["jp-notices", "baseline"])
def test_two_agreements_of_one_id_are_refused(agreement, taken):
    with pytest.raises(InvalidInput, match=f"agreement `{taken}`: has an id that is taken"):
        admit(BASELINE, [agreement(id=taken), agreement(id=taken)])


def test_a_refusal_by_the_child_names_the_policy(agreement):
    with pytest.raises(InvalidInput, match=r"policy `baseline/owners`: .*add"):
        admit(BASELINE.replace("principal.member", "principal.member && 1 + 1 == 2"), [agreement()])
