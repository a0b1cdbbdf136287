"""`httpx.Auth` on our engines: every flow that httpx's own clients run, against servers that check what it sends."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from catchment.core._async import api as awaited
from catchment.core._async.flow import AsyncFlowAuth
from catchment.core._sync import api as blocking
from catchment.core._sync.flow import FlowAuth
from catchment.core.errors import (
    ConfigError,
    NetworkError,
    OutcomeUnknownError,
    StatusError,
    UnauthenticatedError,
    UnsafeInputError,
)
from catchment.core.failures import MessageDialect
from catchment.core.flowing import Flow, is_httpx_auth
from catchment.core.wire import Headers, Operation, RawResponse, Request
from catchment.testing import no_waiting

CANARY = "canary-7f3a9b-secret"
DIALECT = MessageDialect(by_status={401: UnauthenticatedError})
OP = Operation(service="things", id="put", method="POST", path="/a", tag="t", retry="D", successes=(200,))
READ = Operation(service="things", id="get", method="GET", path="/a", tag="t", retry="A", successes=(200,))


@dataclass
class Reply:
    """An answer."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b"ok"


@dataclass
class Service:
    """A service in this process; `rule` says how it answers."""

    rule: Callable[[str, str, dict[str, str], bytes], Reply]
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    endpoint: str = "http://local.example"
    environment: dict[str, str] = field(default_factory=dict)

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Reply:
        """Remember the request and answer."""
        lowered = {name.lower(): value for name, value in headers}
        assert len(lowered) == len(headers), "no header may come twice"
        self.asked.append((method, url, lowered, body))
        return self.rule(method, url, lowered, body)


class DigestRule:
    """Asks for digest authentication (RFC 7616, MD5, qop auth) and checks what comes."""

    def __init__(self) -> None:
        self.faults: list[Exception] = []

    def __call__(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """Answer 401 with a challenge, or 200."""
        given = headers.get("authorization")
        if given is None:
            challenge = 'Digest realm="things", nonce="abc", qop="auth", algorithm=MD5'
            return Reply(401, [("WWW-Authenticate", challenge)], b"who are you?")
        if self.faults:
            raise self.faults.pop()
        parts = dict(re.findall(r'(\w+)="?([^",]+)"?', given.removeprefix("Digest ")))
        target = url.removeprefix("http://local.example")
        first = _md5(f"ada:things:{CANARY}")
        wanted = _md5(f"{first}:abc:{parts['nc']}:{parts['cnonce']}:auth:{_md5(f'{method}:{target}')}")
        good = parts["uri"] == target and parts["response"] == wanted
        return Reply(200, [], b"stored " + body) if good else Reply(401, [], b"no")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class Colour:
    """One colour of the client under test."""

    def __init__(self, name: str) -> None:
        self.blocks = name == "blocking"

    def send(self, service: Service, auth: httpx.Auth, request: Request) -> RawResponse:
        """Send a request as the user of a flow."""
        with no_waiting():
            if self.blocks:
                return self._blocking(service, auth).send(request)
            return asyncio.run(self._awaited(service, auth).send(request))

    def stream(self, service: Service, auth: httpx.Auth, request: Request) -> bytes:
        """Send a request and read its answer as it comes."""
        if self.blocks:
            with self._blocking(service, auth).stream(request) as body:
                return body.read()

        async def read() -> bytes:
            async with self._awaited(service, auth).stream(request) as body:
                return await body.read()

        return asyncio.run(read())

    def _blocking(self, service: Service, auth: httpx.Auth) -> blocking.ApiClient:
        made = blocking.ApiSettings("things", service.endpoint, DIALECT, local=service)
        return blocking.ApiClient(made, FlowAuth(auth))

    def _awaited(self, service: Service, auth: httpx.Auth) -> awaited.AsyncApiClient:
        made = awaited.ApiSettings("things", service.endpoint, DIALECT, local=service)
        return awaited.AsyncApiClient(made, AsyncFlowAuth(auth))


@pytest.fixture(params=["blocking", "awaited"])
def colour(request: pytest.FixtureRequest) -> Colour:
    """Each colour in turn."""
    return Colour(request.param)


def post(body: Any = b"x", target: str = "/a?b=c%20d", operation: Operation = OP) -> Request:
    """Return a request with a header of its own."""
    return Request(operation, target, [("X-Own", "1"), ("Accept-Encoding", "gzip")], body)


def test_digest(colour: Colour) -> None:
    """The challenge is answered, with the body again; the caller sees the last answer only."""
    service = Service(DigestRule())
    assert colour.send(service, httpx.DigestAuth("ada", CANARY), post()).body == b"stored x"
    first, second = service.asked
    assert (first[0], first[1], first[3]) == (second[0], second[1], second[3]) == (
        "POST", "http://local.example/a?b=c%20d", b"x",
    )  # fmt: skip
    assert first[2] == {key: value for key, value in second[2].items() if key != "authorization"}
    assert first[2]["x-own"] == "1"


def test_a_digest_is_remembered(colour: Colour) -> None:
    """The second call answers the challenge of the first."""
    service, auth = Service(DigestRule()), httpx.DigestAuth("ada", CANARY)
    for _ in range(2):
        colour.send(service, auth, post())
    assert ["authorization" in headers for _, _, headers, _ in service.asked] == [False, True, True]


def test_a_wrong_password(colour: Colour) -> None:
    """Is the refusal that the server says it is, once the flow has had its turn."""
    service = Service(DigestRule())
    with pytest.raises(UnauthenticatedError) as caught:
        colour.send(service, httpx.DigestAuth("ada", "wrong"), post())
    assert (caught.value.attempts, len(service.asked)) == (1, 2)


def test_basic(colour: Colour) -> None:
    """A flow of one request."""
    service = Service(lambda _method, _url, headers, _body: Reply(200, [], headers["authorization"].encode()))
    assert colour.send(service, httpx.BasicAuth("ada", "x"), post()).body == b"Basic YWRhOng="


def test_streams(colour: Colour) -> None:
    """Answers that arrive piece by piece pass through the flow too."""
    assert colour.stream(Service(DigestRule()), httpx.DigestAuth("ada", CANARY), post()) == b"stored x"


def test_each_attempt_runs_the_flow(colour: Colour) -> None:
    """So that a repetition carries credentials of its own; only what is safe to repeat is repeated."""
    rule = DigestRule()
    rule.faults = [ConnectionResetError()]
    service = Service(rule)
    found = colour.send(service, httpx.DigestAuth("ada", CANARY), Request(READ, "/a", [], None))
    assert found.status == 200
    rule.faults = [ConnectionResetError()]
    with pytest.raises(OutcomeUnknownError):
        colour.send(service, httpx.DigestAuth("ada", CANARY), post())


class TokenFlow(httpx.Auth):
    """Fetches a token elsewhere, whose answer it reads."""

    requires_response_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Ask for a token, then for what is wanted."""
        token = yield httpx.Request("POST", "http://login.example/token", data={"secret": CANARY})
        if token.status_code == 200:
            request.headers["Authorization"] = "Bearer " + token.json()["token"]
        yield request


def tokens(answer: Reply | Exception) -> Service:
    """Return a service whose login answers so."""

    def rule(_method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        if url != "http://login.example/token":
            return Reply(200, [], headers.get("authorization", "").encode())
        assert body == b"secret=" + CANARY.encode()
        assert headers["host"] == "login.example"
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Service(rule)


def test_a_token_from_elsewhere(colour: Colour) -> None:
    """Requests of the flow's own go where it says, framed anew."""
    service = tokens(Reply(200, [("Content-Type", "application/json")], b'{"token": "t1"}'))
    assert colour.send(service, TokenFlow(), post()).body == b"Bearer t1"
    assert [url for _, url, _, _ in service.asked] == ["http://login.example/token", "http://local.example/a?b=c%20d"]


def test_compressed_answers_are_read_once(colour: Colour) -> None:
    """Our engine undoes the coding, and httpx must not try again."""
    import gzip

    packed = gzip.compress(b'{"token": "t2"}')
    service = tokens(Reply(200, [("Content-Encoding", "gzip"), ("Content-Type", "application/json")], packed))
    assert colour.send(service, TokenFlow(), post()).body == b"Bearer t2"


def test_a_login_that_fails_leaves_no_doubt(colour: Colour) -> None:
    """The request that must not happen twice was not sent: that is a failure of the network, and can be repeated."""
    service = tokens(ConnectionResetError())
    with pytest.raises(NetworkError) as caught:
        colour.send(service, TokenFlow(), post())
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert caught.value.attempts > 1
    assert {url for _, url, _, _ in service.asked} == {"http://login.example/token"}


class SigningFlow(httpx.Auth):
    """Signs the body."""

    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add a digest of the body, and of what it is sent to."""
        request.headers["X-Signature"] = _md5(f"{request.method} {request.url} {request.content.decode()}")
        yield request


def test_flows_that_sign_bodies(colour: Colour) -> None:
    """See the very bytes that are sent, whatever form they were given in."""
    service = Service(lambda _method, _url, headers, _body: Reply(200, [], headers["x-signature"].encode()))
    for body in (b"caf\xc3\xa9", "café", bytearray(b"caf\xc3\xa9"), memoryview(b"caf\xc3\xa9")):
        signature = _md5("POST http://local.example/a?b=c%20d café").encode()
        assert colour.send(service, SigningFlow(), post(body)).body == signature


def test_bodies_that_stream_cannot_be_signed(colour: Colour) -> None:
    """And nothing is sent."""
    service = Service(DigestRule())
    with pytest.raises(UnsafeInputError, match="SigningFlow reads the body"):
        colour.send(service, SigningFlow(), post(iter([b"x"])))
    assert service.asked == []


def test_bodies_that_stream_are_sent_once(colour: Colour) -> None:
    """A flow that needs a second try gets an error that says so; one that does not, works."""
    service = Service(DigestRule())
    with pytest.raises(UnsafeInputError, match="read once"):
        colour.send(service, httpx.DigestAuth("ada", CANARY), post(iter([b"x"])))
    assert len(service.asked) == 1
    service = Service(lambda *asked: Reply(200, [], asked[3]))
    assert colour.send(service, httpx.BasicAuth("ada", "x"), post(iter([b"x", b"y"]))).body == b"xy"


class TwoColours(httpx.Auth):
    """Has a flow of its own for each colour, as flows with locks have."""

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Blocking."""
        request.headers["X-Colour"] = "blocking"
        yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Awaited."""
        await asyncio.sleep(0)
        request.headers["X-Colour"] = "awaited"
        yield request


def test_each_colour_runs_its_own_flow(colour: Colour) -> None:
    """As httpx's two clients do."""
    service = Service(lambda _method, _url, headers, _body: Reply(200, [], headers["x-colour"].encode()))
    assert colour.send(service, TwoColours(), post()).body == (b"blocking" if colour.blocks else b"awaited")


class Empty(httpx.Auth):
    """A flow without a request, in either colour."""

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """End at once."""
        yield from ()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """End at once."""
        for never in ():
            yield never


def test_a_flow_without_a_request(colour: Colour) -> None:
    """Is a mistake that is named."""
    with pytest.raises(ConfigError, match="Empty yields no request"):
        colour.send(Service(DigestRule()), Empty(), post())


class Failing(httpx.Auth):
    """Fails in the middle, and wants to clean up."""

    def __init__(self) -> None:
        self.cleaned = False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Fail at the first answer."""
        try:
            yield request
            raise LookupError("no more passwords")
        finally:
            self.cleaned = True


def test_errors_of_the_flow_are_its_own(colour: Colour) -> None:
    """They reach the caller as they are."""
    auth = Failing()
    with pytest.raises(LookupError, match="no more passwords"):
        colour.send(Service(DigestRule()), auth, post())
    assert auth.cleaned


def test_flows_are_cleaned_up_when_the_network_fails(colour: Colour) -> None:
    """What waits behind a `finally` runs at once, not when somebody collects it."""

    def lost(*_: object) -> Reply:
        raise ConnectionResetError

    auth = Failing()
    with pytest.raises(OutcomeUnknownError):
        colour.send(Service(lost), auth, post())
    assert auth.cleaned


def test_nothing_of_a_flow_shows(colour: Colour) -> None:
    """Neither in what is printed, nor in an error."""
    auth = httpx.DigestAuth("ada", CANARY)
    assert repr(FlowAuth(auth)) == "<FlowAuth DigestAuth>"
    assert repr(AsyncFlowAuth(auth)) == "<AsyncFlowAuth DigestAuth>"
    with pytest.raises(StatusError) as caught:
        colour.send(Service(DigestRule()), httpx.DigestAuth("eve", CANARY), post())
    assert CANARY not in repr(caught.value) + repr(vars(caught.value))
    flow = Flow(httpx.BasicAuth("ada", "x"), "GET", "http://a/b", [("Authorization", CANARY)], None)
    assert CANARY not in repr(flow.headers(flow.request))


def test_a_unix_socket_has_a_name_for_flows() -> None:
    """To httpx there are no such URLs; the engine gets its own back."""
    flow = Flow(httpx.BasicAuth("ada", "x"), "GET", "http+unix://%2Ftmp%2Fa.sock/b?c", [], None)
    assert str(flow.request.url) == "http://localhost/b?c"
    assert flow.address(flow.request) == "http+unix://%2Ftmp%2Fa.sock/b?c"
    assert flow.is_own(flow.request)


def test_a_host_that_the_flow_sets_stays() -> None:
    """Some signatures cover it."""
    flow = Flow(httpx.BasicAuth("ada", "x"), "GET", "http://a/b", [], None)
    assert flow.headers(flow.request) == []
    flow.request.headers["Host"] = "b.example"
    assert flow.headers(flow.request) == [("Host", "b.example")]


def test_answers_keep_bytes_that_are_no_text() -> None:
    """As our engines do."""
    flow = Flow(httpx.BasicAuth("ada", "x"), "GET", "http://a/b", [("X", "\xe9")], None)
    assert flow.headers(flow.request) == [("X", "\xe9")]
    answer = flow.answer(flow.request, 200, Headers([("X", "\xe9\x01")]), b"")
    assert answer.headers.raw[0] == (b"X", b"\xe9\x01")


def test_what_is_an_httpx_auth() -> None:
    """Pairs and functions, which httpx's clients take too, are none."""
    assert is_httpx_auth(httpx.BasicAuth("a", "b"))
    assert not is_httpx_auth(("a", "b"))
    assert not is_httpx_auth(None)
