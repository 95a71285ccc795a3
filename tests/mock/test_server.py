"""The mock on a socket: in a thread and in the foreground, from before it listens to after it ends."""

import asyncio
import http.client
import json
import logging
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing

import httpx
import pytest
from mock.calls import PATH, RUN, new_service, refusal, signed
from uvicorn.server import ServerState

from paiflow.errors import ConfigurationError
from paiflow.mock import Clock, MockService, Reply, Request, _uvicorn, asgi_app, serve
from paiflow.mock._uvicorn import Server

FOREGROUND = """
import sys
from paiflow.mock import MockService, run
run(MockService(), "127.0.0.1", 0, lambda endpoint: print(endpoint, flush=True))
print("over", flush=True)
"""

HALF = b"PUT /api/v1/pipelineruns HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n"


@pytest.fixture
def endpoint(service):
    with serve(service) as url:
        yield url


def address(endpoint):
    url = httpx.URL(endpoint)
    return url.host, url.port


def ask(endpoint, request: Request) -> Reply:
    """Send the request as it is, over a connection of its own."""
    with closing(http.client.HTTPConnection(*address(endpoint), timeout=10)) as connection:
        target = request.path + (b"?" + request.query if request.query else b"")
        connection.putrequest(request.method, target.decode(), skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body)
        response = connection.getresponse()
        return Reply(response.status, [(name.lower(), value) for name, value in response.getheaders()], response.read())


def ask_raw(endpoint, sent: bytes) -> Reply:
    """Send bytes, and read what comes until the server closes."""
    with socket.create_connection(address(endpoint), timeout=10) as connection:
        connection.sendall(sent)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return Reply(response.status, [(name.lower(), value) for name, value in response.getheaders()], response.read())


def test_a_signed_request_is_answered(endpoint):
    reply = ask(endpoint, signed(query=b"a=%2A"))

    assert 200 == reply.status
    assert [RUN] == [run["PipelineRunId"] for run in json.loads(reply.body)["PipelineRuns"]]
    assert str(len(reply.body)) == dict(reply.headers)["content-length"]


def test_the_date_is_the_service_s_own_and_told_once(endpoint):
    headers = ask(endpoint, signed()).headers

    assert ["Mon, 15 Sep 2025 08:30:00 GMT"] == [value for name, value in headers if name == "date"]
    assert "server" not in dict(headers)


def test_lines_that_come_twice_stay_two(endpoint):
    request = signed()
    again = [*request.headers, ("X-Acs-Date", "2025-09-15T08:30:00Z")]

    reply = ask(endpoint, Request("PUT", PATH, b"", again, request.body))

    assert (400, "InvalidParameter") == refusal(reply)


def test_a_body_that_is_too_large_is_refused_and_not_kept(endpoint):
    reply = ask(endpoint, signed(body=b" " * (8 << 20)))

    assert (413, "RequestEntityTooLarge") == refusal(reply)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE"])
def test_other_methods_are_not_allowed(endpoint, method):
    reply = ask(endpoint, signed(method=method))

    assert (405, "GET, PUT, POST") == (reply.status, dict(reply.headers)["allow"])
    assert (reply.body == b"") == (method == "HEAD")


def test_what_is_not_http_is_refused_in_the_service_s_form(endpoint):
    assert (400, "BadRequest") == refusal(ask_raw(endpoint, b"<html>\r\n\r\n"))


def test_a_request_for_the_server_itself_is_not_found(endpoint):
    reply = ask_raw(endpoint, b"OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n")

    assert (404, "InvalidApi.NotFound") == refusal(reply)


@pytest.mark.parametrize(
    "target", ["{}#a", "{}?a=b#c", "http://localhost{}#a", "ftp://localhost{}", "http://a@localhost{}"]
)
def test_a_target_that_http_does_not_allow_is_refused(endpoint, target):
    """A fragment, above all, which most parsers drop."""
    request = signed()
    head = [f"PUT {target.format(request.path.decode())} HTTP/1.1"]
    head += [f"{name}: {value}" for name, value in request.headers]
    lines = "\r\n".join([*head, f"content-length: {len(request.body)}", "", ""])

    assert (400, "BadRequest") == refusal(ask_raw(endpoint, lines.encode() + request.body))


def test_a_target_may_be_a_whole_url(endpoint):
    """RFC 9112, section 3.2.2: a server accepts it."""
    lines = b"PATCH http://localhost/api/v1/pipelineruns HTTP/1.1\r\nhost: localhost\r\n\r\n"

    assert (405, "UnsupportedHTTPMethod") == refusal(ask_raw(endpoint, lines))


def test_a_tunnel_is_not_opened(endpoint):
    lines = b"CONNECT localhost:443 HTTP/1.1\r\nhost: localhost:443\r\n\r\n"

    assert (400, "BadRequest") == refusal(ask_raw(endpoint, lines))


HEAD = b"PUT /api/v1/pipelineruns HTTP/1.1\r\nhost: localhost\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
MUCH = 128 << 10


@pytest.mark.parametrize(
    ("expected", "sent"),
    [
        ((431, "RequestHeaderFieldsTooLarge"), HEAD + b"a: " + b"a" * MUCH),
        ((431, "RequestHeaderFieldsTooLarge"), HEAD + b"a" * MUCH),
        ((431, "RequestHeaderFieldsTooLarge"), HEAD + b"a: b\r\n" * (MUCH // 6)),
        ((431, "RequestHeaderFieldsTooLarge"), HEAD + b"a: " + b"a" * (65 << 10) + b"\r\n\r\n"),
        ((414, "RequestURITooLong"), b"PUT /" + b"a" * MUCH),
        ((414, "RequestURITooLong"), b"PUT /" + b"a" * (17 << 10) + HEAD[4:] + b"\r\n"),
        ((431, "RequestHeaderFieldsTooLarge"), b"\r\n" * MUCH),
        ((431, "RequestHeaderFieldsTooLarge"), CHUNKED + b"1;" + b"a" * MUCH),
        ((431, "RequestHeaderFieldsTooLarge"), CHUNKED + b"0" * MUCH),
        ((431, "RequestHeaderFieldsTooLarge"), CHUNKED + b"0\r\na: " + b"a" * MUCH),
    ],
    ids=["value", "name", "lines", "whole", "target", "whole target", "blank lines", "extension", "size", "trailer"],
)
def test_what_has_no_end_is_refused_and_not_kept(endpoint, expected, sent):
    """Nothing of it ends, and the reply comes all the same."""
    assert expected == refusal(ask_raw(endpoint, sent))
    assert 200 == ask(endpoint, signed()).status


def test_a_body_without_end_is_not_read_on(endpoint):
    """It takes more than the buffers on the way hold for the sender to see that nobody reads."""
    piece = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    with (
        socket.create_connection(address(endpoint), timeout=10) as connection,
        pytest.raises(OSError, match=r"reset|Broken pipe"),
    ):
        connection.sendall(CHUNKED + piece * 1024)

    assert 200 == ask(endpoint, signed()).status


async def test_no_more_is_read_while_requests_wait_for_their_turn(service):
    """A client may send requests without end, and wait for no reply."""
    seen = []

    class Transport(asyncio.Transport):
        reads = True

        def pause_reading(self):
            self.reads = False

        def resume_reading(self):
            self.reads = True

        def write(self, data):
            seen.append((len(protocol.pipeline), self.reads))

        def is_closing(self):
            return False

        def close(self):
            pass

    config = Server(asgi_app(service), service.refuse).config
    config.load()
    protocol = config.http_protocol_class(config, ServerState(), {})
    protocol.connection_made(Transport())
    protocol.data_received((HEAD + b"content-length: 0\r\n\r\n") * 3)
    while protocol.tasks:
        await asyncio.gather(*protocol.tasks)
        await asyncio.sleep(0)  # lets tasks that are done leave; gather does not, from Python 3.12 on
    protocol.connection_lost(None)

    assert {2, 1, 0} == {waiting for waiting, _ in seen}
    assert all(reads is (waiting == 0) for waiting, reads in seen)


@pytest.fixture
def impatient(monkeypatch):
    """Let a request take 50 ms, and again as long while nothing has come: the client may be slow to send."""
    right = _uvicorn._Protocol._time_out

    def time_out(protocol):
        if protocol.scope is None:
            protocol._start_timer()
        else:
            right(protocol)

    monkeypatch.setattr(_uvicorn, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(_uvicorn._Protocol, "_time_out", time_out)


@pytest.mark.parametrize("sent", [b"PUT /api", HEAD, HEAD + b"a", HALF, CHUNKED + b"1\r\na"])
def test_a_request_that_does_not_come_to_its_end_is_given_up(impatient, endpoint, sent):
    assert (408, "RequestTimeout") == refusal(ask_raw(endpoint, sent))


def test_a_connection_that_is_never_used_is_closed_without_a_word(service, monkeypatch):
    monkeypatch.setattr("paiflow.mock._uvicorn.PATIENCE_SECONDS", 0.05)
    with serve(service) as endpoint, socket.create_connection(address(endpoint), timeout=10) as connection:
        assert b"" == connection.recv(1)


def test_a_slow_reply_is_not_given_up(impatient, service):
    service.clock = Clock()
    service.faults.add("slow", delay=0.2)
    with serve(service) as endpoint:
        assert (400, "MissingVersion") == refusal(ask_raw(endpoint, HEAD + b"content-length: 0\r\n\r\n"))


def test_an_upgrade_is_not_taken(endpoint):
    lines = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"

    assert (404, "InvalidApi.NotFound") == refusal(ask_raw(endpoint, lines))


def test_a_fault_of_the_mock_is_a_fault_of_the_service_s_form(service, endpoint, monkeypatch, caplog):
    monkeypatch.setattr(service, "handle", lambda request: 1 / 0)

    with caplog.at_level(logging.ERROR, "paiflow.mock"):
        reply = ask(endpoint, signed())

    assert (500, "InternalError") == refusal(reply)
    assert dict(signed().headers)["host"] == json.loads(reply.body)["HostId"]
    assert "ZeroDivisionError" in caplog.text


def test_the_server_takes_connections_as_soon_as_its_endpoint_is_known():
    for _ in range(10):
        with serve(new_service()) as endpoint:
            assert 200 == ask(endpoint, signed()).status


def test_leaving_frees_the_port_and_ends_the_thread():
    with serve(new_service()) as endpoint:
        assert "paiflow-mock" in {thread.name for thread in threading.enumerate()}

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address(endpoint))
    with serve(new_service(), port=address(endpoint)[1]) as again:
        assert endpoint == again
    assert "paiflow-mock" not in {thread.name for thread in threading.enumerate()}


def test_half_a_request_is_dropped_when_leaving_and_nothing_is_said_about_it(caplog):
    with serve(new_service()) as endpoint, socket.create_connection(address(endpoint), timeout=10) as half:
        half.sendall(HALF)
        # An answer shows that the server has come by, and so has seen the half.
        assert 200 == ask(endpoint, signed()).status

    assert [] == caplog.records


def test_servers_leave_the_process_s_logging_alone():
    loggers = [logging.getLogger(name) for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]

    with serve(new_service()):
        during = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]

    assert before == during


def test_requests_are_not_logged(endpoint, caplog):
    with caplog.at_level(logging.INFO):
        assert 200 == ask(endpoint, signed()).status

    assert [] == [record for record in caplog.records if record.name == "uvicorn.access"]


def test_a_port_in_use_is_one_clear_error(endpoint):
    host, port = address(endpoint)

    with pytest.raises(ConfigurationError) as caught, serve(new_service(), port=port):
        pass

    assert f"the mock service cannot listen on {host} port {port}: Address already in use" == str(caught.value)


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("127.0.0.1", 70_000), ("127.0.0.1", -1)])
def test_where_it_cannot_listen_is_one_clear_error(host, port):
    with (
        pytest.raises(ConfigurationError, match=f"cannot listen on {host} port {port}: "),
        serve(new_service(), host=host, port=port),
    ):
        pass


def test_a_server_on_all_addresses_is_reached_on_this_machine():
    with serve(new_service(), host="0.0.0.0") as endpoint:
        assert endpoint.startswith("http://127.0.0.1:")
        assert 200 == ask(endpoint, signed()).status


@pytest.fixture
def foreground():
    """A process that serves in the foreground."""
    command = [sys.executable, "-c", FOREGROUND]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly(foreground, number):
    endpoint = foreground.stdout.readline().strip()
    # A connection that stays open, and a request sent by half, keep nobody waiting.
    with httpx.Client(trust_env=False) as client, socket.create_connection(address(endpoint)) as half:
        half.sendall(HALF)
        assert 404 == client.get(endpoint).status_code
        foreground.send_signal(number)

        out, err = foreground.communicate(timeout=10)

    assert ("over\n", "", 0) == (out, err, foreground.returncode)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_right_after_it_is_ready_ends_it_too(foreground, number):
    foreground.stdout.readline()
    foreground.send_signal(number)

    out, err = foreground.communicate(timeout=10)

    assert ("over\n", "", 0) == (out, err, foreground.returncode)


def test_each_service_knows_its_own_runs_only():
    first, second = MockService(), MockService()
    first.store.add_run({"PipelineRunId": "flow-1"})

    assert first.store.runs.get("flow-1") is not None
    assert second.store.runs.get("flow-1") is None
