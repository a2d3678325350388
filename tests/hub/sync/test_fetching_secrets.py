"""A source's key goes to the source and nowhere else, whatever the source answers.

Every fault is provoked with a key that the source is really sent; then everything that a pull
leaves behind is searched for the key in each of its forms.
"""

import asyncio
import base64
import dataclasses
import re
import traceback
from contextlib import asynccontextmanager
from urllib.parse import quote, quote_plus

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from federation.errors import FederationError
from federation.members.registry import FEEDS
from federation.reading.native import Document
from federation.sources.exchange import USUAL, Fetched, Request, Terms
from hub.errors import HubError, InvalidInput
from hub.outbound import Limits, open_outbound
from hub.settings import credential
from hub.sync.fetching.hosts import Hosts
from hub.sync.fetching.requests import fetch
from hub.sync.fetching.secrecy import HIDDEN
from hub.sync.types import Outcome
from tests.hub.store.lists import NOTICES
from tests.hub.sync.members import open_hub

KEY = "Zx9+k/Tq==&7vPw s3cr3t"
FORMS = [KEY, quote(KEY), quote(KEY, safe=""), quote_plus(KEY), "s3cr3t"]
BASIC = base64.b64encode(f"{KEY}:".encode()).decode()

PERMITS, SHORTAGES = "kr.mfds_permits", "us.openfda_shortages"


def answer(body, *headers, status="200 OK"):
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def _error_form(said):
    message = said.replace("&", "&amp;")
    return answer(
        f"<r><returnReasonCode>99</returnReasonCode><returnAuthMsg>{message}</returnAuthMsg></r>".encode()
    )


# What a source may answer to a request for `asked`, its target and headers as they came.
FAULTS = {
    "says the address back in its error form": lambda asked: _error_form(f"no {asked}"),
    "says the key back in its error form": lambda _: _error_form(f"no key {KEY}"),
    "says the key back in a result": lambda _: answer(
        b'{"header": {"resultCode": "98", "resultMsg": "%s"}}' % KEY.encode()
    ),
    "says the address back as text": lambda asked: answer(asked.encode()),
    "says the address back in broken JSON": lambda asked: answer(b'{"a": "' + asked.encode()),
    "says the address back in an error's body": lambda asked: answer(
        asked.encode(), status="500 No"
    ),
    "redirects to the address": lambda asked: answer(
        b"", f"Location: {quote(asked)}", status="302 Found"
    ),
    "links to another host with the key": lambda _: answer(
        b'{"meta": {"results": {"total": 2}}, "results": [{}]}',
        f'Link: <https://elsewhere.test/{quote(KEY)}>; rel="next"',
    ),
    "codes the answer as the key": lambda _: answer(b"", f"Content-Encoding: {KEY}"),
    "says the key back among the rows": lambda asked: answer(
        b'{"header": {"resultCode": "00"}, "meta": {"results": {"total": 1}},'
        b' "results": [{"a": "%(asked)b"}],'
        b' "body": {"totalCount": 1, "items": [{"a": "%(asked)b"}]}}'
        % {b"asked": f"{KEY} {quote_plus(KEY)} {BASIC}".encode()}
    ),
    "is busy": lambda _: answer(b"", f"Retry-After: {KEY}", status="503 Busy"),
    "has no quota left": lambda asked: answer(asked.encode(), "Retry-After: 9999", status="429 No"),
    "speaks no HTTP": lambda asked: asked.encode(),
    "breaks off": lambda asked: answer(asked.encode())[:-3],
    "sends a header that is none": lambda asked: answer(b"", asked),
    "is no gzip": lambda asked: answer(asked.encode(), "Content-Encoding: gzip"),
    "sends too much": lambda asked: answer(asked.encode() * 100_000),
    "says nothing": lambda _: b"",
}


@asynccontextmanager
async def answering(fault, asked):
    async def serve(reader, writer):
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        asked.append(request)
        writer.write(FAULTS[fault](request.split()[1]))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def _held_in(text):
    return [form for form in (*FORMS, BASIC) if form.lower() in text.lower()]


async def _all_rows(hub):
    """Read all that any table of the hub holds."""
    tables = await hub.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return "\n".join([str(await hub.query(f'SELECT * FROM "{table}"')) for (table,) in tables])


@pytest.fixture
async def keyed(own_database, tmp_path, monkeypatch):
    for name in ("DATA_GO_KR_SERVICE_KEY", "OPENFDA_API_KEY"):
        monkeypatch.setenv(name, KEY)
    limits = Limits(seconds=5, silence_seconds=2, body_bytes=1024 * 1024)
    async with open_hub(own_database, {}, tmp_path, limits) as opened:
        yield opened


async def test_no_fault_of_a_source_tells_its_key(keyed, tmp_path, capsys):
    told = []
    for fault in FAULTS:
        for feed in (PERMITS, SHORTAGES):
            asked = []
            async with answering(fault, asked) as url:
                hosts = Hosts(sleep=lambda _: asyncio.sleep(0), clock=lambda: 0.0)
                hosts.place = _at_once
                result = await keyed.pull(feed, base_urls={feed: url}, hosts=hosts)
            assert result.outcome is not Outcome.PUBLISHED
            assert _held_in(asked[0]), "the source was sent the key"
            told.append(repr(result))
    landed = [str(path) for path in tmp_path.rglob("*")]
    logged = capsys.readouterr()
    assert len(re.findall("pull (failed|held)", logged.out)) == len(told)
    rows = await _all_rows(keyed)
    assert rows.count("FAILED") >= len(told) / 2
    for left in (*told, *landed, logged.out, logged.err, rows):
        assert _held_in(left) == [], left


@asynccontextmanager
async def _at_once(*_):
    yield


def _told_of(error):
    """Write down all that a log, a tracker or a span may show of an error."""
    parts = [*traceback.format_exception(error)]
    while error:
        parts += [repr(error), str(error), str(getattr(error, "detail", "")), str(error.__dict__)]
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


@pytest.mark.parametrize("feed", [PERMITS, SHORTAGES])
@pytest.mark.parametrize("fault", FAULTS)
async def test_no_error_nor_a_span_it_ends_holds_the_key(feed, fault):
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    hosts = Hosts()
    hosts.place = _at_once
    limits = Limits(seconds=5, silence_seconds=2, body_bytes=1024 * 1024)
    async with (
        answering(fault, []) as url,
        open_outbound(allow_loopback=True, limits=limits) as outbound,
    ):
        with (
            pytest.raises((FederationError, HubError)) as failed,
            provider.get_tracer("test").start_as_current_span("pull"),
        ):
            await fetch(FEEDS[feed], Terms(url, KEY), outbound, hosts)
    assert _held_in(_told_of(failed.value)) == []
    (span,) = spans.get_finished_spans()
    assert span.events, "the span recorded the error"
    assert _held_in(span.to_json()) == []


@pytest.mark.parametrize(
    "key", ["Zx9kTq7vPw\ns3cr3t", "Zx9kTq7vPw\x00s3cr3t", "Zx9kTq7vPw가s3cr3t"]
)
async def test_key_that_can_not_be_sent_is_not_told(key):
    @dataclasses.dataclass(frozen=True)
    class Source:
        base_url: str = "http://127.0.0.1:9"
        credential_name: str = "KEY"
        manners = USUAL

        def fetch(self, terms):
            yield Request(terms.base_url, {"x-key": terms.credential})

    async with open_outbound(allow_loopback=True) as outbound:
        feed = dataclasses.replace(NOTICES, source=Source())
        with pytest.raises((FederationError, HubError)) as failed:
            await fetch(feed, Terms("http://127.0.0.1:9", key), outbound)
    assert "s3cr3t" not in _told_of(failed.value)


def _source(steps):
    @dataclasses.dataclass(frozen=True)
    class Source:
        base_url: str = "http://list.test"
        credential_name: str = "KEY"
        manners = USUAL

        def fetch(self, terms):
            return steps(terms)

    return dataclasses.replace(NOTICES, source=Source())


async def test_defect_of_ours_is_told_without_the_key():
    def steps(terms):
        raise RuntimeError(f"with {terms.credential}")
        yield

    async with open_outbound() as outbound:
        with pytest.raises(HubError, match="the hub failed inside") as failed:
            await fetch(_source(steps), Terms("http://list.test", KEY), outbound)
    assert f"RuntimeError: with {HIDDEN}" in failed.value.detail
    assert _held_in(_told_of(failed.value)) == []


@pytest.mark.parametrize(
    "document",
    [Document("a.json", f'{{"url": "?k={quote_plus(KEY)}"}}'.encode()), Document(KEY, b"rows")],
)
async def test_document_that_says_the_key_back_is_not_let_in(document):
    def steps(_):
        return Fetched((document,))
        yield

    async with open_outbound() as outbound:
        with pytest.raises(FederationError, match="sends back the key") as refused:
            await fetch(_source(steps), Terms("http://list.test", KEY), outbound)
    assert refused.value.public_code == "SOURCE_TELLS_KEY"


async def test_error_without_the_key_keeps_its_cause():
    def steps(_):
        try:
            int("x")
        except ValueError as error:
            raise FederationError("no number", code="SOURCE_BUSY") from error
        yield

    async with open_outbound() as outbound:
        with pytest.raises(FederationError, match="no number") as failed:
            await fetch(_source(steps), Terms("http://list.test", KEY), outbound)
    assert isinstance(failed.value.__cause__, ValueError)


# Where keys come from.


def test_key_comes_from_the_environment_or_a_file_without_its_line_end(monkeypatch, tmp_path):
    monkeypatch.setenv("SOME_KEY", f"{KEY}\n")
    assert credential("SOME_KEY") == KEY
    (tmp_path / "key").write_text(f"{KEY} from a file\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))
    assert credential("SOME_KEY") == f"{KEY} from a file"


def test_key_file_that_is_no_text_is_refused_without_its_bytes(monkeypatch, tmp_path):
    (tmp_path / "key").write_bytes(b"s3cr3t\xff")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(InvalidInput, match="can't read the key file") as refused:
        credential("SOME_KEY")
    assert _held_in(_told_of(refused.value)) == []
