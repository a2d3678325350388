import json
from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.sources.datagokr import DataGoKr, items_of
from federation.sources.exchange import Terms
from federation.sources.paging import READINGS
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
    fetched, requests = converse(SOURCE.fetch(HERE), *map(answer, [*pages, pages[0]]))
    queries = [parse_qs(urlsplit(request.url).query) for request in requests]
    assert [query["pageNo"] for query in queries] == [["1"], ["2"], ["1"]]
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
    reading = [envelope(ROWS, 5), envelope("", 5), envelope(ROWS, 5)]
    with pytest.raises(SourceFault, match="says it has 5 rows and sent 2: pull again"):
        converse(SOURCE.fetch(HERE), *map(answer, reading * READINGS))


@pytest.mark.parametrize(
    ("code", "meaning"), [("22", "quota is used up"), ("30", "not registered"), ("31", "renew it")]
)
def test_an_error_inside_http_200_is_refused_with_what_to_do(code, meaning):
    with pytest.raises(SourceFault, match=f"data.go.kr error {code}: .*{meaning}"):
        items(envelope("", 0, code=code))


GATEWAY = (
    "<OpenAPI_ServiceResponse><cmmMsgHeader><returnAuthMsg>LIMITED</returnAuthMsg>"
    "<returnReasonCode>{}</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
)
REFUSALS = {"body": lambda code: envelope("", 0, code=code), "gateway": GATEWAY.format}


@pytest.mark.parametrize("form", REFUSALS)
def test_the_quota_of_a_day_ends_the_pull_until_midnight_in_korea(form):
    refused = answer(REFUSALS[form]("22"))
    with pytest.raises(SourceFault, match="22: the daily quota is used up") as end:
        converse(SOURCE.fetch(HERE), refused)
    assert end.value.public_code == "SOURCE_QUOTA"
    midnight = end.value.retry_at
    assert refused.received_at < midnight <= refused.received_at + timedelta(days=1)
    assert midnight.utcoffset() == timedelta(hours=9)
    assert (midnight.hour, midnight.minute, midnight.second) == (0, 0, 0)


@pytest.mark.parametrize("form", REFUSALS)
def test_too_many_calls_a_second_are_waited_for_within_the_pull(form):
    fast = answer(REFUSALS[form]("23"))
    fetched, requests = converse(SOURCE.fetch(HERE), fast, fast, answer(envelope(ROWS, 2)))
    assert [request.after_s for request in requests] == [0, 1, 2]
    assert fetched.total == 2


def test_too_many_calls_a_second_without_end_are_given_up():
    fast = answer(GATEWAY.format("23"))
    with pytest.raises(SourceFault, match="23: too many calls a second") as end:
        converse(SOURCE.fetch(HERE), *[fast] * 9)
    assert end.value.public_code == "SOURCE_BUSY"


def test_a_row_that_is_on_two_pages_shows_that_the_list_moved():
    keyed = DataGoKr("/list", key="ITEM_SEQ")
    first = [{"ITEM_SEQ": str(number)} for number in range(100)]
    moved = [envelope(first, 101), envelope([{"ITEM_SEQ": "99"}], 101), envelope(first, 101)]
    still = [envelope(first, 101), envelope([{"ITEM_SEQ": "100"}], 101), envelope(first, 101)]
    fetched, requests = converse(keyed.fetch(HERE), *map(answer, [*moved, *still]))
    assert b'"100"' in fetched.documents[1].content
    assert len(requests) == 6


def test_a_first_page_in_another_envelope_is_the_same_page():
    first = [{"n": str(number)} for number in range(100)]
    pages = [
        envelope(first, 101),
        envelope({"item": {"n": "100"}}, 101, wrapped=True),
        envelope([{"item": row} for row in first], 101, wrapped=True),
    ]
    fetched, _ = converse(SOURCE.fetch(HERE), *map(answer, pages))
    assert len(fetched.documents) == 2


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
