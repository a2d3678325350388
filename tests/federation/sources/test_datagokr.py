import json
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.sources.datagokr import DataGoKr, items_of
from federation.sources.exchange import Terms
from tests.federation.sources.conversation import answer, converse

SOURCE = DataGoKr("/1471000/Permits/getList")
HERE = Terms("http://127.0.0.1:8000", credential="a+b/c==")


def envelope(items, total, *, wrapped=False, code="00"):
    body = {"items": items, "totalCount": total, "numOfRows": 100, "pageNo": 1}
    whole = {"header": {"resultCode": code, "resultMsg": "NORMAL SERVICE."}, "body": body}
    return json.dumps({"response": whole} if wrapped else whole)


def items(body):
    return items_of(Document("page-1.json", body.encode()))


ROWS = [{"ITEM_SEQ": "1"}, {"ITEM_SEQ": "2"}]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("stated", "rows"),
    [
        (ROWS, ROWS),
        ([{"item": row} for row in ROWS], ROWS),
        ({"item": ROWS}, ROWS),
        ({"item": ROWS[0]}, ROWS[:1]),
        (ROWS[0], ROWS[:1]),
        ("", []),
        (None, []),
    ],
)
def test_rows_are_taken_out_of_every_envelope(stated, rows, wrapped):
    assert items(envelope(stated, len(rows), wrapped=wrapped)) == (rows, len(rows))


def test_pages_are_asked_for_until_all_rows_are_there():
    pages = [envelope([{"n": str(n)} for n in range(100)], 101), envelope([{"n": "100"}], 101)]
    fetched, requests = converse(SOURCE.fetch(HERE), *map(answer, pages))
    queries = [parse_qs(urlsplit(request.url).query) for request in requests]
    assert [query["pageNo"] for query in queries] == [["1"], ["2"]]
    assert queries[0]["serviceKey"] == ["a+b/c=="]
    assert queries[0]["numOfRows"] == ["100"]
    assert len(fetched.documents) == 2


def test_an_empty_list_is_asked_for_once():
    fetched, requests = converse(SOURCE.fetch(HERE), answer(envelope("", 0)))
    assert (fetched.documents, len(requests)) == ((), 1)


def test_without_a_key_nothing_is_asked():
    with pytest.raises(SourceFault, match="set DATA_GO_KR_SERVICE_KEY"):
        converse(SOURCE.fetch(Terms(HERE.base_url)))


def test_a_list_that_ends_early_is_refused():
    with pytest.raises(SourceFault, match="says it has 5 rows and sent 2: pull again"):
        converse(SOURCE.fetch(HERE), answer(envelope(ROWS, 5)), answer(envelope("", 5)))


@pytest.mark.parametrize(
    ("code", "meaning"), [("22", "quota is used up"), ("30", "not registered"), ("31", "renew it")]
)
def test_an_error_inside_http_200_is_refused_with_what_to_do(code, meaning):
    with pytest.raises(SourceFault, match=f"data.go.kr error {code}: .*{meaning}"):
        items(envelope("", 0, code=code))


def test_no_data_is_an_empty_list():
    assert items(envelope("", 7, code="03")) == ([], 0)


def test_an_error_of_the_gateway_is_read_out_of_its_xml():
    body = (
        "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>"
        "<returnAuthMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR</returnAuthMsg>"
        "<returnReasonCode>30</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
    )
    with pytest.raises(SourceFault, match="gateway error 30: the service key is not registered"):
        items(body)


@pytest.mark.parametrize("body", ["<html><br></html>", "<", "{", "Forbidden"])
def test_what_is_neither_json_nor_its_error_form_is_refused(body):
    with pytest.raises(SourceFault):
        items(body)


def test_entities_in_the_error_form_are_not_opened(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden")
    body = (
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        "<r><returnReasonCode>99</returnReasonCode><returnAuthMsg>&x;</returnAuthMsg></r>"
    )
    with pytest.raises(SourceFault) as caught:
        items(body)
    assert "hidden" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["00", "03", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["response", "header", "body", "items", "item", "totalCount", "resultCode"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_other_envelope_is_refused_and_never_crashes(value):
    with suppress(SourceFault):
        rows, total = items(json.dumps(value))
        assert isinstance(rows, list)
        assert total >= 0
