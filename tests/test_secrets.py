"""No secret, token or signature shows anywhere, whatever goes wrong: searched for in all that can be seen of a call.

All that can be seen: the error with its words, repr, arguments, notes and traceback, chained; the log of every logger at
DEBUG; warnings; standard output and error. Each search is for the parts of the keys and of every signature sent.

Locals, which some tools add to a traceback, count too: of this package's frames and of all that it calls. And from an
error no cause, context, attribute or argument leads to a request or a reply.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx
import pytest

import paiflow
from paiflow.mock import MockService, serve
from paiflow.signing import canonical_request, parse_authorization, string_to_sign
from paiflow_api.calling import Call
from paiflow_api.operations import LIST_PIPELINE_RUNS_STATUS

KEY_ID = "STS.NTCanaryKeyId0123456789"
SECRET = "Canary1h9vQxHr7TtKq2ZbWm50"
TOKEN = "CanaryCAISzAJ1q6Ft5B2yfSjIr5fbHcPOj+3/Token=="
CREDENTIALS = paiflow.Credentials(KEY_ID, SECRET, TOKEN)
# Each by a part, so that one that was cut is found too.
CANARIES = [KEY_ID[4:], SECRET[6:20], TOKEN[6:18]]

PAIFLOW = str(Path(sys.executable).with_name("paiflow"))


class Seen:
    """All that was seen, and all that must not have been."""

    def __init__(self, said: list[str], log: pytest.LogCaptureFixture | None = None) -> None:
        self.said = said
        self._log = log
        self.signatures: list[str] = []
        self.reached: list[Any] = []

    @property
    def records(self) -> list[logging.LogRecord]:
        """What was logged so far."""
        return self._log.records if self._log else []

    def sent(self, request: httpx.Request) -> None:
        """Note the signature of a request."""
        self.signatures.append(signature_of(request))

    def error(self, error: BaseException) -> None:
        """Note what an error shows, and what is behind it as far as it is shown."""
        self.said += [str(error), repr(error), repr(error.args), repr(vars(error))]
        self.said += traceback.format_exception(error, chain=True)
        self.reached = _reachable(error)
        self.said += [_shown(one) for one in self.reached]

    @property
    def secrets(self) -> list[str]:
        """The canaries and signatures that can be seen."""
        logged = [f"{record.getMessage()} {record.args!r} {record.exc_info!r}" for record in self.records]
        everything = "\n".join([*self.said, *logged])
        sent = [one[:16] for one in self.signatures]
        return [secret for secret in [*CANARIES, string_to_sign("PUT")[-20:], *sent] if secret in everything]


def _reachable(error: BaseException) -> list[Any]:
    """Return all that an error leads to by its chain, attributes, arguments and the locals of frames that are not of tests."""
    found: list[Any] = []
    ahead: list[Any] = [error]
    while ahead:
        one = ahead.pop()
        if any(one is other for other in found):
            continue
        found.append(one)
        if isinstance(one, BaseException):
            ahead += [one.__cause__, one.__context__, *one.args, *vars(one).values()]
            for frame, _ in traceback.walk_tb(one.__traceback__):
                if not frame.f_code.co_filename.startswith(str(Path(__file__).parent)):
                    found += [repr(value) for value in frame.f_locals.values()]
    return found


def _shown(one: Any) -> str:
    """Return what an object shows; of a request or a reply, what it holds."""
    held = (one.headers.multi_items(), one.stream) if isinstance(one, httpx.Request | httpx.Response) else ()
    return f"{one!r} {held}"


@pytest.fixture
def seen(caplog, capfd) -> Iterator[Callable[[], Seen]]:
    """Give all that was seen so far; every logger is at DEBUG, and no warning is kept back."""
    caplog.set_level(logging.DEBUG)
    for name in ("paiflow", "httpx", "httpcore", "asyncio", "credentials", "alibabacloud-tea"):
        caplog.set_level(logging.DEBUG, logger=name)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        state = Seen([], caplog)

        def look() -> Seen:
            state.said += [*capfd.readouterr(), *[f"{one.message!r} {one.source!r}" for one in warned]]
            return state

        yield look


def in_sync(seen: Seen, transport: Any, settings: dict[str, Any]) -> None:
    """Make one call that fails, with the blocking client, and note what it shows."""
    with paiflow.PaiFlow(**{"region": "r", "transport": transport, "credentials": CREDENTIALS} | settings) as client:
        try:
            client.list_pipeline_runs_status(pipeline_runs=["a"])
        except paiflow.PaiFlowError as error:
            seen.error(error)
        else:
            raise AssertionError("the call did not fail")


def in_async(seen: Seen, transport: Any, settings: dict[str, Any]) -> None:
    """Make one with the client to await."""

    async def run() -> None:
        made = paiflow.AsyncPaiFlow(**{"region": "r", "transport": transport, "credentials": CREDENTIALS} | settings)
        async with made as client:
            try:
                await client.list_pipeline_runs_status(pipeline_runs=["a"])
            except paiflow.PaiFlowError as error:
                seen.error(error)
            else:
                raise AssertionError("the call did not fail")

    asyncio.run(run(), debug=True)


@pytest.fixture(params=[in_sync, in_async], ids=["sync", "async"])
def fail(request):
    """Make a call that fails, by either client: `fail(seen, transport, settings)`."""
    return request.param


# What a service echoes


def echo(request: httpx.Request) -> str:
    """Return the service's words about a wrong signature: with what it signed, token and key id among it."""
    _, names, _ = parse_authorization(request.headers["authorization"])
    content = request.headers["x-acs-content-sha256"]
    canonical = canonical_request("PUT", b"/api/v1/pipelineruns", b"", request.headers.multi_items(), names, content)
    headers = "\n".join([f"{name}: {value}" for name, value in request.headers.multi_items()])
    return (
        "Specified signature does not match our calculation. "
        f"server StringToSign is [{string_to_sign(canonical)}] server CanonicalRequest is [{canonical}] for {headers}"
    )


def dump(request: httpx.Request) -> str:
    """Return what a proxy's page for developers shows: the request's headers."""
    return "\n".join([f"{name}: {value}" for name, value in request.headers.multi_items()])


def signature_of(request: httpx.Request) -> str:
    return parse_authorization(request.headers["authorization"])[2]


def refusal(request: httpx.Request) -> httpx.Response:
    return httpx.Response(400, json={"Code": "SignatureDoesNotMatch", "Message": echo(request), "RequestId": "R"})


REPLIES: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "a wrong signature": refusal,
    "a wrong signature, in lower case": lambda request: httpx.Response(
        400, json={"code": "SignatureDoesNotMatch", "message": echo(request)}
    ),
    "a wrong signature, in XML": lambda request: httpx.Response(
        400, text=f"<Error><Code>SignatureDoesNotMatch</Code><Message>{echo(request)}</Message></Error>"
    ),
    "an echo under another code": lambda request: httpx.Response(400, json={"Code": "Other", "Message": echo(request)}),
    "an echo under another status": lambda request: httpx.Response(
        503, json={"Code": "Other", "Message": echo(request), "Recommend": f"https://example.com/?{dump(request)}"}
    ),
    "headers as text": lambda request: httpx.Response(502, text=dump(request)),
    "headers as JSON": lambda request: httpx.Response(500, json=dict(request.headers)),
    "headers in a page": lambda request: httpx.Response(500, html=f"<pre>{dump(request)}</pre>"),
    "headers in a title": lambda request: httpx.Response(500, html=f"<title>{dump(request)}</title>"),
    "headers as a success": lambda request: httpx.Response(200, text=dump(request)),
    "headers as a list": lambda request: httpx.Response(200, json=[dict(request.headers)]),
    "headers in a wrong place": lambda request: httpx.Response(200, json={"Nodes": dict(request.headers)}),
    "headers as an id": lambda request: httpx.Response(
        400, headers={"x-acs-request-id": dump(request).replace("\n", " ")}
    ),
    "the very token as an id": lambda request: httpx.Response(500, headers={"x-acs-request-id": TOKEN}),
    "the very token as the id of an unexpected reply": lambda request: httpx.Response(
        200, json=[], headers={"x-acs-request-id": TOKEN}
    ),
    "the very signature as an id": lambda request: httpx.Response(
        500, headers={"x-acs-request-id": signature_of(request)}
    ),
    "the very signature in words": lambda request: httpx.Response(
        400, json={"Code": "Other", "Message": f"{signature_of(request)} is not it"}
    ),
    "the string to sign alone": lambda request: httpx.Response(
        400, json={"Code": "Other", "Message": f"expected {string_to_sign('PUT')}", "RequestId": string_to_sign("PUT")}
    ),
    "the very token where it is cut": lambda request: httpx.Response(502, text="x" * 170 + TOKEN * 3),
    "the very token, escaped": lambda request: httpx.Response(200, text="{" + TOKEN.replace("/", r"\/")),
    "the very token, escaped otherwise": lambda request: httpx.Response(200, text="{" + TOKEN.replace("=", r"\u003d")),
    "the very token, encoded": lambda request: httpx.Response(502, text=quote(TOKEN, safe="").replace("%2B", "%2b")),
    "an echo that is no gzip": lambda request: httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(dump(request).encode())
    ),
    "an echo in an unknown coding": lambda request: httpx.Response(
        200, headers={"content-encoding": "br"}, stream=httpx.ByteStream(dump(request).encode())
    ),
    "headers in a redirect": lambda request: httpx.Response(
        302, text=dump(request), headers={"location": f"https://example.com/?{dump(request)[-30:]}".replace("\n", "")}
    ),
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_no_reply_makes_a_secret_show(seen, fail, reply):
    def answer(request: httpx.Request) -> httpx.Response:
        seen().sent(request)
        return reply(request)

    fail(seen(), httpx.MockTransport(answer), {"retries": 0})

    assert [] == seen().secrets
    assert seen().signatures


def test_the_mock_service_echoes_and_nothing_shows(seen, fail):
    """A real connection, so that httpcore logs; the service knows another secret for the same key."""
    bodies = []
    with serve(MockService([paiflow.Credentials(KEY_ID, "another", TOKEN)])) as endpoint:
        fail(seen(), None, {"endpoint": endpoint, "region": None})
        with contextlib.suppress(httpx.HTTPError):
            bodies.append(httpx.put(f"{endpoint}/api/v1/pipelineruns", trust_env=False).text)

    assert [] == seen().secrets
    assert any("SignatureDoesNotMatch" in said for said in seen().said)
    assert any(record.name.startswith("httpcore") for record in seen().records)
    assert any(record.name == "paiflow" for record in seen().records)


# What breaks on the way


@pytest.mark.parametrize(
    "raised",
    [
        httpx.LocalProtocolError(f"Illegal header value b'{TOKEN}\\n'"),
        httpx.RemoteProtocolError(f"illegal header line: bytearray(b'x-acs-security-token: {TOKEN}')"),
        httpx.RemoteProtocolError(f"illegal header line: bytearray(b'X-Echo: {TOKEN}')"),
        httpx.ConnectError("[Errno 111] Connection refused"),
        httpx.ReadTimeout(""),
        httpx.ReadError(TOKEN),
        httpx.ProxyError(f"407 {SECRET}"),
        OSError(5, TOKEN),
        TimeoutError(KEY_ID),
    ],
    ids=repr,
)
@pytest.mark.parametrize("retries", [0, paiflow.RetryPolicy(base=0.0001)], ids=["once", "repeated"])
def test_no_failure_of_the_connection_makes_a_secret_show(seen, fail, raised, retries):
    def answer(request: httpx.Request) -> httpx.Response:
        seen().sent(request)
        raise raised

    fail(seen(), httpx.MockTransport(answer), {"retries": retries})

    assert [] == seen().secrets


ECHOES = {
    "as an id": b"HTTP/1.1 500 Oops\r\nx-acs-request-id: %b\r\ncontent-length: 0\r\n\r\n",
    "in the status line": b"HTTP/1.1 500 %b\r\ncontent-length: 0\r\n\r\n",
    "in a malformed header line": b"HTTP/1.1 200 OK\r\nx-echo %b\r\n\r\n",
    "in a malformed value": b"HTTP/1.1 200 OK\r\nx-echo: %b\x00\r\n\r\n",
    "in a malformed status line": b"HTTP/1.1 %b\r\n\r\n",
    "as a length": b"HTTP/1.1 200 OK\r\ncontent-length: %b\r\n\r\n",
    "as a chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%b\r\n",
    "in half a body": b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n%b",
}


@pytest.fixture
def echoing():
    """Run a server on loopback: `echoing(form)` answers each request with its token in the form, and hangs up."""
    with contextlib.ExitStack() as stack:

        def start(form: bytes) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def serve() -> None:
                connection, _ = listener.accept()
                with connection:
                    head = connection.recv(65536)
                    connection.sendall(form % re.search(rb"x-acs-security-token: (\S+)", head)[1])

            thread = threading.Thread(target=serve)
            thread.start()
            stack.callback(thread.join)
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield start


@pytest.mark.parametrize("form", ECHOES.values(), ids=ECHOES)
def test_no_echo_on_the_wire_makes_a_secret_show(seen, fail, echoing, form):
    """Not in the logs of httpx and httpcore either, which tell the headers of replies."""
    fail(seen(), None, {"endpoint": echoing(form), "region": None, "retries": 0})

    assert [] == seen().secrets
    assert {"httpcore.http11", "paiflow"} <= {record.name for record in seen().records}


@pytest.mark.parametrize("raised", [httpx.ConnectTimeout("slow"), OSError(5, "Input/output error")], ids=repr)
def test_a_harmless_cause_stays_and_leads_nowhere(seen, fail, raised):
    def answer(request: httpx.Request) -> httpx.Response:
        try:
            raise ValueError(request)
        except ValueError:
            raise raised from None

    fail(seen(), httpx.MockTransport(answer), {"retries": 0})

    assert (None, None, None) == (raised.__cause__, raised.__context__, raised.__traceback__)
    assert raised in seen().reached
    assert [] == [one for one in seen().reached if isinstance(one, httpx.Request | httpx.Response)]


# Where they come from


def raising(error: Exception) -> Callable[[], Any]:
    def source() -> Any:
        raise error

    return source


def vendors(*values: object) -> Any:
    """Return a stand-in for the vendor's client, which gives these or raises the one that is an error."""

    def get_credential() -> Any:
        if isinstance(values[0], Exception):
            raise values[0]
        return SimpleNamespace(
            **dict(zip(("access_key_id", "access_key_secret", "security_token"), values, strict=True))
        )

    return SimpleNamespace(get_credential=get_credential)


SOURCES: dict[str, Any] = {
    "fails with a secret in its words": raising(RuntimeError(f"cannot use {SECRET} with {TOKEN}")),
    "fails with a chain": raising(RuntimeError("outer", ValueError(TOKEN))),
    "gives a pair": lambda: (KEY_ID, SECRET),
    "gives a text": lambda: SECRET,
    "gives a dict": lambda: {"secret": SECRET},
    "the vendor's fails": vendors(
        LookupError(f"result: {json.dumps({'AccessKeySecret': SECRET, 'SecurityToken': TOKEN})}")
    ),
    "the vendor's gives a newline": vendors(KEY_ID, SECRET, f"{TOKEN}\n"),
    "the vendor's gives half": vendors(KEY_ID, None, TOKEN),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_no_source_of_credentials_makes_a_secret_show(seen, fail, source):
    fail(seen(), httpx.MockTransport(refusal), {"credentials": source})

    assert [] == seen().secrets


BREAKING = ["\n", "\r\nx-acs-action: Other", "\x00", "é", " ", "\u200b", "\ud800"]


@pytest.mark.parametrize("breaking", BREAKING, ids=ascii)
@pytest.mark.parametrize("place", [0, 1, 2], ids=["key id", "secret", "token"])
def test_a_value_that_breaks_a_header_does_not_show(place, breaking):
    values = [KEY_ID, SECRET, TOKEN]
    values[place] += breaking
    with pytest.raises(paiflow.CredentialsError) as caught:
        paiflow.Credentials(*values)
    state = Seen([str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)])

    assert [] == state.secrets


@pytest.mark.parametrize("breaking", ["\n", "\r\nx-acs-action: Other", os.fsdecode("é".encode()), " "], ids=ascii)
@pytest.mark.parametrize("name", ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN"])
def test_a_variable_that_breaks_a_header_does_not_show(seen, fail, monkeypatch, name, breaking):
    values = {"ACCESS_KEY_ID": KEY_ID, "ACCESS_KEY_SECRET": SECRET, "SECURITY_TOKEN": TOKEN}
    for variable, value in values.items():
        monkeypatch.setenv(f"ALIBABA_CLOUD_{variable}", value + breaking * (variable == name))

    def get() -> Any:
        try:
            return paiflow.PaiFlow("r")._credentials.get()
        except paiflow.CredentialsError as error:
            return error

    state = seen()
    error = get()
    state.said += [str(error), repr(error), *traceback.format_exception(error)]

    assert f"ALIBABA_CLOUD_{name}" in str(error)
    assert [] == seen().secrets


def test_nothing_that_holds_credentials_shows_them():
    client = paiflow.PaiFlow("r", credentials=CREDENTIALS)
    prepared = client._prepare(Call(LIST_PIPELINE_RUNS_STATUS, {"pipeline_runs": ["a"]}))
    request = client._request(LIST_PIPELINE_RUNS_STATUS, prepared, CREDENTIALS)
    shown = [
        repr(one) + str(one) + f"{one}"
        for one in (CREDENTIALS, client, prepared, request, client._credentials, client._connections.transports())
    ]

    assert [] == Seen(shown).secrets


# The command


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["status", "--help"],
        ["wait", "--help"],
        ["mock", "--help"],
        ["version", "-v"],
        ["status", "a"],
        ["what"],
    ],
    ids=" ".join,
)
def test_the_command_prints_no_secret(arguments):
    with serve(MockService([paiflow.Credentials(KEY_ID, "another", TOKEN)])) as endpoint:
        environ = {
            "PATH": os.environ["PATH"],
            "DEBUG": "sdk",
            "PAIFLOW_ENDPOINT": endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
            "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN,
        }
        done = subprocess.run(
            [PAIFLOW, *arguments], env=environ, capture_output=True, text=True, check=False, timeout=60
        )

    assert [] == Seen([done.stdout, done.stderr]).secrets
    assert done.stdout + done.stderr


# The control: a canary that does show is found


def _print(text: str) -> None:
    print(text)  # noqa: T201


LEAKS: dict[str, Callable[[Seen, str], Any]] = {
    "a log record": lambda _, canary: logging.getLogger("httpcore.http11").debug("sent %s", canary),
    "an argument that a log record does not show": lambda _, canary: logging.getLogger("paiflow").debug("%.0s", canary),
    "standard output": lambda _, canary: _print(canary),
    "standard error": lambda _, canary: sys.stderr.write(canary),
    "a warning": lambda _, canary: warnings.warn(canary, stacklevel=1),
    "the words of an error": lambda seen, canary: seen.error(paiflow.CredentialsError(canary)),
    "an argument of an error": lambda seen, canary: seen.error(paiflow.ServiceError("Op", recommend=canary)),
    "a note": lambda seen, canary: seen.error(_noted(canary)),
    "a cause": lambda seen, canary: seen.error(_chained(canary)),
}


def _noted(canary: str) -> Exception:
    error = paiflow.PaiFlowError("words")
    error.add_note(canary)
    return error


def _chained(canary: str) -> Exception:
    error = paiflow.PaiFlowError("words")
    error.__cause__ = ValueError(canary)
    return error


@pytest.mark.parametrize(
    "canary", [KEY_ID, SECRET, TOKEN, "0123456789abcdef" * 4], ids=["key id", "secret", "token", "sig"]
)
@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_canary_that_was_leaked_on_purpose_is_found(seen, leak, canary):
    seen().signatures.append("0123456789abcdef" * 4)
    leak(seen(), canary)

    assert 1 == len(seen().secrets)


def test_a_canary_in_the_locals_of_a_frame_is_found(seen, fail, monkeypatch):
    def show_credentials(self: paiflow.Credentials) -> str:
        return self.access_key_secret

    monkeypatch.setattr(paiflow.Credentials, "__repr__", show_credentials)

    def leak(request: httpx.Request) -> httpx.Response:
        seen().error(_chained(repr(CREDENTIALS)))
        return refusal(request)

    fail(seen(), httpx.MockTransport(leak), {"retries": 0})

    assert seen().secrets


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_the_very_token_is_taken_out_wherever_a_service_puts_it(asynchronous):
    """Not in a form that anybody could know beforehand: as a word of a message, in a page, in the request id."""
    import asyncio

    import httpx

    import paiflow

    token = "bare+Token/that=looks%like&nothing"
    page = f"<html><title>{token}</title></html>"
    replies = [
        httpx.Response(400, json={"Code": token, "Message": f"The specified token {token} is bad", "RequestId": token}),
        httpx.Response(500, text=page, headers={"x-acs-request-id": token}),
        httpx.Response(200, text=page, headers={"x-acs-request-id": token}),
    ]
    settings = {
        "credentials": paiflow.Credentials("a-long-key-id", "a-long-key-secret", token),
        "transport": httpx.MockTransport(lambda request: replies[0]),
        "retries": 0,
    }

    async def acall():
        async with paiflow.AsyncPaiFlow("cn-hangzhou", **settings) as client:
            await client.list_pipeline_runs_status(pipeline_runs=["a"])

    def call():
        with paiflow.PaiFlow("cn-hangzhou", **settings) as client:
            client.list_pipeline_runs_status(pipeline_runs=["a"])

    while replies:
        with pytest.raises(paiflow.PaiFlowError) as caught:
            asyncio.run(acall()) if asynchronous else call()
        assert token not in f"{caught.value} {caught.value!r} {caught.value.args}"
        assert "[redacted]" in str(caught.value)
        replies.pop(0)
