import re
from datetime import UTC, datetime

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.reading.native import Document
from federation.sources.exchange import Fetched, Terms
from federation.sources.files import LinkedFile, SessionFile, WholeFile
from tests.federation.sources.conversation import answer, converse

HERE = Terms("http://127.0.0.1:8000")
WHOLE = WholeFile("https://agency.example", "/download/list.txt?lang=fr")
LINKED = LinkedFile("https://agency.example", "/lists/index.html", re.compile(r"list_\d+\.xlsx$"))
SESSION = SessionFile("https://agency.example", "/export")


def linked(page):
    return converse(LINKED.fetch(HERE), answer(page), answer("new"))


def test_a_whole_file_is_asked_for_below_the_given_base():
    fetched, (request,) = converse(WHOLE.fetch(HERE), answer("a", etag='"1"'))
    assert request.url == "http://127.0.0.1:8000/download/list.txt?lang=fr"
    assert "if-none-match" not in request.headers
    assert fetched == Fetched((Document("list.txt", b"a"),), '"1"')


def test_a_file_carries_its_last_modified_date():
    fetched, _ = converse(
        WHOLE.fetch(HERE), answer("a", last_modified="Tue, 15 Jul 2025 16:00:00 GMT")
    )
    assert fetched.documents[0].stated_at == datetime(2025, 7, 15, 16, tzinfo=UTC)


def test_a_file_that_still_stands_at_the_last_validator_is_not_sent_again():
    terms = Terms(HERE.base_url, validator='"1"')
    fetched, (request,) = converse(WHOLE.fetch(terms), answer(status=304))
    assert request.headers["if-none-match"] == '"1"'
    assert fetched is None


def test_a_304_that_was_not_asked_for_is_refused():
    with pytest.raises(SourceFault, match="HTTP 304"):
        converse(WHOLE.fetch(HERE), answer(status=304))


@pytest.mark.parametrize("source", [WHOLE, LINKED, SESSION])
def test_an_error_of_the_server_is_refused_with_its_status(source):
    with pytest.raises(SourceFault, match="HTTP 503"):
        converse(source.fetch(HERE), answer("busy", status=503))


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("/files/list_2.xlsx", "/files/list_2.xlsx"),
        ("list_2.xlsx", "/lists/list_2.xlsx"),
        ("../old/list_2.xlsx", "/old/list_2.xlsx"),
        ("http://127.0.0.1:8000/files/list_2.xlsx", "/files/list_2.xlsx"),
    ],
)
def test_the_first_link_that_matches_is_followed(href, path):
    page = f'<a name="top"></a><a href="/x.pdf"></a><a href="{href}">new</a><a href="list_1.xlsx">'
    fetched, requests = linked(page)
    assert [request.url for request in requests] == [
        "http://127.0.0.1:8000/lists/index.html",
        f"http://127.0.0.1:8000{path}",
    ]
    assert fetched.documents == (Document("list_2.xlsx", b"new"),)


@pytest.mark.parametrize("page", ["<a href='/other.pdf'>x</a>", "", "   ", "no page at all"])
def test_a_page_without_such_a_link_has_changed(page):
    with pytest.raises(SourceChanged, match="links to no file like"):
        linked(page)


@pytest.mark.parametrize(
    "href", ["https://elsewhere.example/list_2.xlsx", "//elsewhere.example/list_2.xlsx"]
)
def test_a_link_to_another_host_is_not_followed(href):
    with pytest.raises(SourceFault, match="links to another host"):
        linked(f'<a href="{href}">new</a>')


def test_a_session_cookie_is_sent_back_to_the_same_address():
    fetched, requests = converse(
        SESSION.fetch(HERE),
        answer(status=302, set_cookie="JSESSIONID=7; Path=/; HttpOnly"),
        answer("a"),
    )
    assert [request.url for request in requests] == ["http://127.0.0.1:8000/export"] * 2
    assert requests[1].headers["cookie"] == "JSESSIONID=7"
    assert fetched.documents == (Document("export", b"a"),)


def test_endless_redirects_are_given_up():
    with pytest.raises(SourceFault, match="goes on redirecting"):
        converse(SESSION.fetch(HERE), *[answer(status=302, set_cookie="s=1")] * 9)
