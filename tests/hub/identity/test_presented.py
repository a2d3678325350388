import pytest
from starlette.requests import HTTPConnection

from hub.errors import Unauthenticated
from hub.identity.errors import PUBLIC_MESSAGE
from hub.identity.presented import Presenter, purpose_in, shown_by
from hub.identity.types import Presented, Scheme, UnverifiedToken

PUBLIC_URL = "https://hub.example"


def request(*headers, **scope):
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    asked = {"type": "http", "method": "POST", "path": "/graphql", "headers": raw}
    return HTTPConnection(asked | scope)


def presented(*headers, payload=None, presenter=None, **scope):
    connection = request(*headers, **scope)
    presenter = presenter or Presenter(PUBLIC_URL)
    return presenter.presented(connection, shown_by(connection, payload))


def refusal(*headers, payload=None):
    with pytest.raises(Unauthenticated) as caught:
        presented(*headers, payload=payload)
    assert caught.value.message == PUBLIC_MESSAGE
    return caught.value.detail


def test_a_request_shows_its_token_and_all_that_goes_with_it():
    shown = presented(
        ("Authorization", "DPoP a.b.c"),
        ("DPoP", "first"),
        ("DPoP", "second"),
        ("Hub-Purpose", "exercise"),
        presenter=Presenter(PUBLIC_URL, lambda _: "thumbprint"),
    )
    assert shown == Presented(
        token=UnverifiedToken("a.b.c"),
        scheme=Scheme.DPOP,
        method="POST",
        url="https://hub.example/graphql",
        proofs=("first", "second"),
        certificate="thumbprint",
        purpose="exercise",
    )


def test_a_request_with_a_token_alone_shows_nothing_else():
    shown = presented(("Authorization", "Bearer a.b.c"))
    assert (shown.scheme, shown.proofs) == (Scheme.BEARER, ())
    assert (shown.certificate, shown.purpose) == (None, None)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER  ", "DPoP", "dpop", "DPOP"])
def test_scheme_is_read_without_case(scheme):
    expected = Scheme.DPOP if scheme.lower() == "dpop" else Scheme.BEARER
    assert presented(("Authorization", f"{scheme} a.b.c")).scheme is expected


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["Bearer a.b.c", "Bearer a.b.c"],
        ["Bearer a.b.c", "DPoP a.b.c"],
        [""],
        ["Bearer"],
        ["Bearer "],
        ["DPoP"],
        ["a.b.c"],
        ["Basic a.b.c"],
        ["DPoPBearer a.b.c"],
        ["Bearer DPoP a.b.c"],
        ["Bearer a.b.c d"],
        ["Bearer a.b.c,Bearer a.b.c"],
        [" Bearer a.b.c"],
        ["Bearer a.b.c\n"],
        ["Bearer\ta.b.c"],
        ["Bearer a.b.é"],
    ],
    ids=repr,
)
def test_anything_but_one_token_is_refused(values):
    cause = refusal(*(("Authorization", value) for value in values))
    assert cause.startswith("authorization: ")


@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "forwarded", "x-forwarded-proto"])
def test_the_address_is_the_public_one_whatever_the_request_says(header):
    shown = presented(
        ("Authorization", "DPoP a"), (header, "evil.example"), server=("evil.example", 80)
    )
    assert shown.url == "https://hub.example/graphql"


@pytest.mark.parametrize(
    ("public_url", "path", "url"),
    [
        ("https://hub.example/", "/graphql", "https://hub.example/graphql"),
        ("https://a.example/hub", "/graphql", "https://a.example/hub/graphql"),
        ("https://hub.example", "/약?#", "https://hub.example/%EC%95%BD%3F%23"),
    ],
)
def test_the_address_has_the_path_below_the_public_one(public_url, path, url):
    presenter = Presenter(public_url)
    assert presented(("Authorization", "DPoP a"), presenter=presenter, path=path).url == url


SOCKET = {"type": "websocket", "path": "/graphql", "headers": [(b"authorization", b"Bearer x")]}


def test_a_socket_shows_what_its_payload_holds_and_is_opened_by_get():
    connection = HTTPConnection(SOCKET)
    payload = {"Authorization": "DPoP a.b.c", "DPoP": "proof", "hub-purpose": "exercise", "x": 1}
    shown = Presenter(PUBLIC_URL).presented(connection, shown_by(connection, payload))
    assert shown == Presented(
        token=UnverifiedToken("a.b.c"),
        scheme=Scheme.DPOP,
        method="GET",
        url="https://hub.example/graphql",
        proofs=("proof",),
        purpose="exercise",
    )


def test_headers_of_a_socket_do_not_stand_in_for_its_payload():
    assert "authorization" not in shown_by(HTTPConnection(SOCKET), {})


@pytest.mark.parametrize("name", ["authorization", "DPoP", "Hub-Purpose"])
@pytest.mark.parametrize("value", [1, None, ["Bearer a.b.c"], {"x": 1}, True], ids=str)
def test_a_payload_with_a_header_that_is_no_text_is_refused(name, value):
    payload = {"authorization": "Bearer a.b.c", name: value}
    assert refusal(payload=payload) == "payload: a header that is no text"


def test_a_payload_with_a_token_twice_is_refused():
    payload = {"authorization": "Bearer a", "Authorization": "Bearer a"}
    assert refusal(payload=payload) == "authorization: not exactly one header"


@pytest.mark.parametrize(
    ("values", "purpose"),
    [
        ([], None),
        ([""], ""),
        (["exercise"], "exercise"),
        (["exercise", "exercise"], "exercise, exercise"),
    ],
)
def test_the_purpose_is_what_the_headers_say(values, purpose):
    connection = request(*(("Hub-Purpose", value) for value in values))
    assert purpose_in(shown_by(connection, None)) == purpose


def test_nothing_secret_is_shown():
    shown = presented(("Authorization", "DPoP secret-token"), ("DPoP", "secret-proof"))
    assert "secret" not in repr(shown)
