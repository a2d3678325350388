import json

import pytest

from federation.errors import SourceFault
from federation.sources.exchange import Terms
from federation.sources.openfda import OpenFDA
from tests.federation.sources.conversation import answer, converse

HERE = Terms("http://127.0.0.1:8000")
SOURCE = OpenFDA("/drug/shortages.json")


def page(*names, total, then=None):
    body = {"meta": {"results": {"total": total}}, "results": [{"name": name} for name in names]}
    headers = {"link": f'<{then}>; rel="next"'} if then else {}
    return answer(json.dumps(body), **headers)


def test_pages_are_followed_by_the_link_header_to_the_last():
    then = "http://127.0.0.1:8000/drug/shortages.json?limit=1000&search_after=9"
    fetched, requests = converse(
        SOURCE.fetch(HERE), page("a", "b", total=3, then=then), page("c", total=3)
    )
    assert requests[0].url == "http://127.0.0.1:8000/drug/shortages.json?limit=1000"
    assert requests[1].url == then
    assert [document.name for document in fetched.documents] == ["page-1.json", "page-2.json"]


def test_a_key_is_sent_where_there_is_one():
    _, (request,) = converse(
        SOURCE.fetch(Terms(HERE.base_url, credential="k&y")), page("a", total=1)
    )
    assert request.url.endswith("?limit=1000&api_key=k%26y")


def test_no_match_is_said_to_be_none():
    with pytest.raises(SourceFault, match="openFDA has no record"):
        converse(SOURCE.fetch(HERE), answer("{}", status=404))


def test_fewer_records_than_stated_are_refused():
    with pytest.raises(SourceFault, match="says it has 3 records and sent 2: pull again"):
        converse(SOURCE.fetch(HERE), page("a", "b", total=3))


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
