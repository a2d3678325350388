import base64
import json
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from federation.errors import SourceFault
from federation.sources.exchange import Extent, Fetched, Since, Terms
from federation.sources.openfda import OpenFDA
from federation.sources.paging import READINGS
from tests.federation.sources.conversation import answer, converse

HERE = Terms("http://127.0.0.1:8000")
SOURCE = OpenFDA("/drug/shortages.json")


def page(*names, total, then=None):
    body = {"meta": {"results": {"total": total}}, "results": [{"name": name} for name in names]}
    headers = {"link": f'<{then}>; rel="next"'} if then else {}
    return answer(json.dumps(body), **headers)


def test_pages_are_followed_by_the_link_header_to_the_last():
    then = "http://127.0.0.1:8000/drug/shortages.json?limit=1000&search_after=9"
    first = page("a", "b", total=3, then=then)
    reading = [first, page("c", total=3), first]
    fetched, requests = converse(SOURCE.fetch(HERE), *reading, *reading)
    assert requests[0].url == "http://127.0.0.1:8000/drug/shortages.json?limit=1000"
    assert requests[1].url == then
    assert [document.name for document in fetched.documents] == ["page-1.json", "page-2.json"]


def test_a_key_is_sent_with_every_page_and_in_no_address():
    then = "http://127.0.0.1:8000/drug/shortages.json?limit=1000&search_after=9"
    first = page("a", total=2, then=then)
    reading = [first, page("b", total=2), first]
    terms = Terms(HERE.base_url, credential="k&y")
    _, requests = converse(SOURCE.fetch(terms), *reading, *reading)
    user = f"Basic {base64.b64encode(b'k&y:').decode()}"
    assert [request.headers["authorization"] for request in requests] == [user] * 6
    assert not [request for request in requests if "k&y" in request.url or "k%26y" in request.url]


def test_without_a_key_none_is_sent():
    _, (request,) = converse(SOURCE.fetch(HERE), page("a", total=1))
    assert "authorization" not in request.headers


def test_no_match_is_said_to_be_none():
    with pytest.raises(SourceFault, match="openFDA has no record"):
        converse(SOURCE.fetch(HERE), answer("{}", status=404))


def test_fewer_records_than_stated_are_refused():
    with pytest.raises(SourceFault, match="says it has 3 rows and sent 2: pull again"):
        converse(SOURCE.fetch(HERE), *[page("a", "b", total=3)] * READINGS)


def test_a_next_page_on_another_host_is_not_asked_for():
    with pytest.raises(SourceFault, match=r"on another host, `elsewhere\.example`"):
        converse(SOURCE.fetch(HERE), page("a", total=2, then="https://elsewhere.example/x"))


def test_a_failing_later_page_fails_the_pull():
    then = "http://127.0.0.1:8000/next"
    with pytest.raises(SourceFault, match="HTTP 500"):
        converse(SOURCE.fetch(HERE), page("a", total=2, then=then), answer(status=500))


@pytest.mark.parametrize(
    "body", ["[]", '"x"', "{}", '{"results": [], "meta": {}}', '{"meta": null, "results": []}']
)
def test_another_answer_is_refused(body):
    with pytest.raises(SourceFault, match="is not an openFDA answer"):
        converse(SOURCE.fetch(HERE), answer(body))


@pytest.mark.parametrize("body", ["<html></html>", '{"results": [', ""])
def test_what_is_no_json_is_refused(body):
    with pytest.raises(SourceFault):
        converse(SOURCE.fetch(HERE), answer(body))


# Quotas.

SPENT = answer('{"error": {"code": "OVER_RATE_LIMIT"}}', status=429)


def test_the_quota_of_a_minute_is_waited_for_within_the_pull():
    fetched, requests = converse(SOURCE.fetch(HERE), SPENT, page("a", total=1))
    assert len(fetched.documents) == 1
    assert [request.after_s for request in requests] == [0, 60]


def test_the_quota_of_a_day_ends_the_pull_until_the_next():
    with pytest.raises(SourceFault, match="quota of calls is used up: set OPENFDA_API_KEY") as end:
        converse(SOURCE.fetch(HERE), SPENT, SPENT)
    assert end.value.public_code == "SOURCE_QUOTA"
    now = datetime.now(UTC)
    assert now < end.value.retry_at <= now + timedelta(days=1)
    assert end.value.retry_at.timetz() == time(0, tzinfo=UTC)


def test_a_quota_that_says_how_long_it_lasts_is_believed():
    told = answer("{}", status=429, retry_after="7200")
    with pytest.raises(SourceFault) as end:
        converse(SOURCE.fetch(HERE), told)
    assert end.value.retry_at == told.received_at + timedelta(hours=2)


# Parts of a list.

SINCE = Terms(HERE.base_url, since=Since("report_date", date(2026, 3, 4)))


def test_a_part_is_asked_for_by_its_days_and_the_whole_is_counted():
    fetched, (part, count) = converse(
        SOURCE.fetch(SINCE), page("a", total=1), page("z", total=17_683)
    )
    assert parse_qs(urlsplit(part.url).query) == {
        "search": ["report_date:[20260304 TO 99991231]"],
        "limit": ["1000"],
    }
    assert parse_qs(urlsplit(count.url).query) == {"limit": ["1"]}
    assert (fetched.extent, fetched.total, len(fetched.documents)) == (Extent.PART, 17_683, 1)


def test_a_part_without_any_row_has_no_document_and_the_count():
    fetched, _ = converse(SOURCE.fetch(SINCE), answer("{}", status=404), page("z", total=9))
    assert fetched == Fetched((), extent=Extent.PART, total=9)


def test_the_whole_says_how_many_it_has():
    fetched, _ = converse(SOURCE.fetch(HERE), page("a", "b", total=2))
    assert (fetched.extent, fetched.total) == (Extent.WHOLE, 2)


def test_a_stored_conversion_is_taken_as_the_file_it_is():
    headers = {"content_type": "text/csv; charset=utf-8", "etag": '"1"'}
    fetched, _ = converse(SOURCE.fetch(HERE), answer("a,b\n1,2\n", **headers))
    assert [document.content for document in fetched.documents] == [b"a,b\n1,2\n"]
    assert (fetched.extent, fetched.validator) == (Extent.EXCERPT, '"1"')


def test_an_answer_that_still_stands_is_not_sent_again():
    terms = Terms(HERE.base_url, validator='"1"')
    fetched, (request,) = converse(SOURCE.fetch(terms), answer(status=304))
    assert (fetched, request.headers["if-none-match"]) == (None, '"1"')


def test_a_page_keeps_its_validator_only_where_it_is_the_whole_list():
    one = json.dumps({"meta": {"results": {"total": 1}}, "results": [{}]})
    fetched, _ = converse(SOURCE.fetch(HERE), answer(one, etag='"1"'))
    assert fetched.validator == '"1"'
    many = json.dumps({"meta": {"results": {"total": 1001}}, "results": [{}] * 1000})
    first = answer(many, etag='"1"', link='<http://127.0.0.1:8000/2>; rel="next"')
    fetched, _ = converse(SOURCE.fetch(HERE), first, page("b", total=1001), first)
    assert fetched.validator is None


def test_a_rebuilt_index_between_two_pages_is_read_again():
    def of(day, *names, then=None):
        meta = {"last_updated": day, "results": {"total": 2}}
        body = {"meta": meta, "results": [{"name": name} for name in names]}
        return answer(json.dumps(body), **({"link": f'<{then}>; rel="next"'} if then else {}))

    then = "http://127.0.0.1:8000/2"
    old, new = of("2026-03-26", "a", then=then), of("2026-03-27", "b", then=then)
    reading = [new, of("2026-03-27", "c"), new]
    fetched, requests = converse(SOURCE.fetch(HERE), old, of("2026-03-27", "c"), *reading, *reading)
    assert b'"b"' in fetched.documents[0].content
    assert len(requests) == 8
