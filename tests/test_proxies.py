"""Requests through a proxy: each way there is, with each client."""

import asyncio
import base64
import contextlib
import logging
import socket
import socketserver
import threading
from urllib.parse import quote

import httpx
import pytest
from echo import EchoServer, certificate

import paiflow

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
PASSWORD = "pr0xy-passw0rd"


class Proxy:
    """Leads every request to one server, as an HTTP proxy does; of plain requests it drops the host.

    Attributes:
        asked: the first line of each connection, and the user and password of it.
    """

    def __init__(self, server, context=None):
        self.asked = []
        self._server = server.server_address
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'' if context is None else 's'}://me:{PASSWORD}@127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listener.accept()[0],), daemon=True).start()

    def _serve(self, connection):
        with contextlib.ExitStack() as open_, contextlib.suppress(OSError):
            here = open_.enter_context(connection)
            if self._context is not None:
                here = open_.enter_context(self._context.wrap_socket(connection, server_side=True))
            there = open_.enter_context(socket.create_connection(self._server))
            head = b""
            while b"\r\n\r\n" not in head:
                head += here.recv(1)
            first, *headers = head.decode().split("\r\n")
            user = next(line for line in headers if line.lower().startswith("proxy-authorization: basic "))
            self.asked.append((first, base64.b64decode(user.split()[2]).decode()))
            if first.startswith("CONNECT "):
                here.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                there.sendall(head)
            back = threading.Thread(target=self._pass_on, args=(there, here), daemon=True)
            back.start()
            self._pass_on(here, there)
            back.join()

    def _pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


def asked_twice(kind, endpoint):
    """Return the ids of two replies, of two calls one after another."""

    async def run():
        async with paiflow.AsyncPaiFlow(**settings) as client:
            return [(await client.list_pipeline_runs_status(pipeline_runs=[name])).request_id for name in "ab"]

    settings = {"endpoint": endpoint, "credentials": CREDENTIALS, "retries": 0, "allow_http": True}
    if kind is paiflow.AsyncPaiFlow:
        return asyncio.run(run())
    with kind(**settings) as client:
        return [client.list_pipeline_runs_status(pipeline_runs=[name]).request_id for name in "ab"]


@pytest.mark.parametrize("kind", [paiflow.PaiFlow, paiflow.AsyncPaiFlow], ids=["sync", "async"])
@pytest.mark.parametrize("proxied", ["http", "https"])
@pytest.mark.parametrize("served", ["another's certificate", "nothing"])
def test_a_tls_handshake_through_a_proxy_may_fail(kind, proxied, served, tmp_path, monkeypatch, caplog):
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("no_proxy", "")
    said = "CERTIFICATE_VERIFY_FAILED"
    with contextlib.ExitStack() as open_:
        if served == "nothing":
            said = "the connection was closed" if kind is paiflow.AsyncPaiFlow else "EOF occurred"
            server = open_.enter_context(socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler))
            threading.Thread(target=server.handle_request, daemon=True).start()
        else:
            server = open_.enter_context(EchoServer(context))
        proxy = open_.enter_context(Proxy(server, context if proxied == "https" else None))
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(paiflow.TransportError, match=said) as caught:
            asked_twice(kind, "https://service.example")

    assert not caught.value.sent
    assert [] == [record for record in caplog.records if record.name == "asyncio"]


@pytest.mark.parametrize("kind", [paiflow.PaiFlow, paiflow.AsyncPaiFlow], ids=["sync", "async"])
@pytest.mark.parametrize("proxied", ["http", "https"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_calls_share_a_connection_through_a_proxy(kind, proxied, scheme, tmp_path, monkeypatch, caplog):
    context, file = certificate(tmp_path, "service.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("no_proxy", "")
    caplog.set_level(logging.DEBUG)
    with (
        EchoServer(context if scheme == "https" else None) as server,
        Proxy(server, context if proxied == "https" else None) as proxy,
    ):
        monkeypatch.setenv(f"{scheme}_proxy", proxy.url)
        assert ["a", "b"] == asked_twice(kind, f"{scheme}://service.example")
    asked = "CONNECT service.example:443" if scheme == "https" else "PUT http://service.example/api/v1/pipelineruns"

    assert [(f"{asked} HTTP/1.1", f"me:{PASSWORD}")] == proxy.asked
    assert [["a", "b"]] == list(server.asked.values())
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("kind", [httpx.HTTPTransport, httpx.AsyncHTTPTransport], ids=["sync", "async"])
@pytest.mark.parametrize("password", [PASSWORD, "short1", "pässwörd's)\""])
def test_a_proxys_password_is_not_logged(kind, password, monkeypatch, caplog):
    """httpcore logs the password for a SOCKS proxy, and its transports can be replaced, as libraries for tests do it."""

    def answered(_, request):
        logging.getLogger("httpcore.socks").debug("setup_socks5_connection.started auth=%r", (b"me", password.encode()))
        return httpx.Response(200, json={"RequestId": "R-1"}, request=request)

    async def aanswered(_, request):
        return answered(_, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", answered)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", aanswered)
    monkeypatch.setenv("http_proxy", f"http://me:{quote(password)}@127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    caplog.set_level(logging.DEBUG)
    client = paiflow.PaiFlow if kind is httpx.HTTPTransport else paiflow.AsyncPaiFlow

    assert ["R-1", "R-1"] == asked_twice(client, "http://service.example")
    assert 2 == caplog.text.count("setup_socks5_connection.started auth=[redacted]")
    assert password not in caplog.text
    assert repr(password.encode()) not in caplog.text
