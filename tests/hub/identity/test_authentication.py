import pytest
from starlette.requests import HTTPConnection

from hub.errors import Forbidden, RateLimited, Unauthenticated
from hub.identity.authentication import Authenticator
from hub.identity.errors import NothingPresented
from hub.identity.presented import Presenter
from hub.identity.types import Caller, Purpose, Role
from tests.hub.identity import forge

PERSON = Caller(
    issuer=forge.ISSUER,
    subject="officer",
    client="console",
    member="KR",
    organisation="MFDS",
    roles=frozenset({Role.REGULATOR}),
    purpose=Purpose.EXERCISE,
    sender_constrained=False,
    token_id="session-1",
)


class OneSession:
    """Knows one session, that of whoever sends a cookie."""

    def __init__(self):
        self.caller_now = PERSON
        self.purposes = []

    async def caller(self, request, purpose):
        self.purposes.append(purpose)
        if "cookie" not in request.headers:
            return None
        if self.caller_now is None:
            raise Unauthenticated("sign in again")
        return self.caller_now


class Counted:
    def __init__(self, most=99):
        self.callers = []
        self.most = most

    def take(self, caller):
        if len(self.callers) == self.most:
            raise RateLimited("ask again later", retry_after_s=3)
        self.callers.append(caller)


def request(**headers):
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "method": "POST", "path": "/graphql", "headers": raw})


def bearer(**claims):
    return f"Bearer {forge.token(**claims)}"


def authenticator(*parts, **rules):
    return Authenticator(forge.verifier(**rules), Presenter(forge.AUDIENCE), *parts)


async def test_a_token_that_holds_admits_its_caller():
    admission = await authenticator().admit(request(authorization=bearer()))
    assert (admission.caller.client, admission.caller.member) == ("kr-mfds", "KR")
    assert await admission.again() == admission.caller


async def test_the_payload_of_a_socket_admits_too():
    admission = await authenticator().admit(request(), {"authorization": bearer()})
    assert admission.caller.client == "kr-mfds"


async def test_the_stated_purpose_is_asked_for_again():
    asked = request(authorization=bearer(purpose=list(Purpose)), hub_purpose="supply-mapping")
    admission = await authenticator().admit(asked)
    assert admission.caller.purpose is Purpose.SUPPLY_MAPPING
    assert (await admission.again()).purpose is Purpose.SUPPLY_MAPPING


async def test_a_caller_that_states_no_purpose_is_refused():
    with pytest.raises(Forbidden, match="one of `exercise`, `supply-mapping`"):
        await authenticator().admit(
            request(authorization=bearer(purpose=["exercise", "supply-mapping"]))
        )


@pytest.mark.parametrize("parts", [(), (OneSession(),)])
@pytest.mark.parametrize("payload", [None, {}])
async def test_nothing_presented_is_told_apart_from_what_is_refused(parts, payload):
    with pytest.raises(NothingPresented):
        await authenticator(*parts).admit(request(), payload)


async def test_an_empty_header_is_something_presented():
    with pytest.raises(Unauthenticated) as caught:
        await authenticator(OneSession()).admit(request(authorization="", cookie="x"))
    assert not isinstance(caught.value, NothingPresented)


async def test_a_session_admits_whoever_signed_in():
    sessions = OneSession()
    admission = await authenticator(sessions).admit(request(cookie="x", hub_purpose="exercise"))
    assert admission.caller is PERSON
    assert await admission.again() is PERSON
    assert sessions.purposes == ["exercise", "exercise"]


async def test_a_session_that_was_ended_admits_no_longer():
    sessions = OneSession()
    admission = await authenticator(sessions).admit(request(cookie="x"))
    sessions.caller_now = None
    with pytest.raises(Unauthenticated, match="sign in again"):
        await admission.again()


async def test_a_token_goes_before_a_session_even_where_it_does_not_hold():
    both = request(cookie="x", authorization=bearer())
    assert (await authenticator(OneSession()).admit(both)).caller.client == "kr-mfds"
    refused = request(cookie="x", authorization=bearer(exp=forge.NOW))
    with pytest.raises(Unauthenticated):
        await authenticator(OneSession()).admit(refused)


async def test_an_admission_counts_once_however_often_it_is_asked_again():
    quotas = Counted()
    admission = await authenticator(None, quotas).admit(request(authorization=bearer()))
    await admission.again()
    assert quotas.callers == [admission.caller]


async def test_what_an_admission_stands_for_can_be_counted():
    admitting = authenticator(None, Counted(most=2))
    admission = await admitting.admit(request(authorization=bearer()))
    admitting.count(admission.caller)
    with pytest.raises(RateLimited) as caught:
        admitting.count(admission.caller)
    assert admitting.headers(caught.value) == {"Retry-After": "3"}


async def test_who_is_not_known_is_not_counted():
    quotas = Counted()
    with pytest.raises(Unauthenticated):
        await authenticator(None, quotas).admit(request(authorization=bearer(exp=forge.NOW)))
    assert quotas.callers == []


async def test_without_quotas_nothing_is_limited():
    authenticator().count(PERSON)


def test_headers_name_the_proofs_that_are_taken():
    class Proofs:
        algorithms = frozenset({"ES256"})

    for proofs, challenge in (
        (None, "Bearer "),
        (Proofs(), 'DPoP resource_metadata="https://hub.'),
    ):
        headers = authenticator(proofs=proofs).headers(NothingPresented())
        assert challenge in headers["WWW-Authenticate"]
