"""The mock as an ASGI application."""

import asyncio

import pytest

from paiflow.mock import asgi_app


async def call(service, scope, messages):
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    await asgi_app(service)(scope, receive, send)
    return sent


SCOPE = {"type": "http", "method": "PUT", "raw_path": b"/", "query_string": b"", "headers": [(b"host", b"h\xe9")]}


def test_a_client_that_goes_away_is_not_answered(service):
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    assert [] == asyncio.run(call(service, SCOPE, messages))


def test_headers_are_bytes_of_any_kind(service):
    start, body = asyncio.run(call(service, SCOPE, [{"type": "http.request"}]))

    assert 404 == start["status"]
    assert '"HostId":"hé"'.encode() in body["body"]


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_it_speaks_http_only(service, kind):
    with pytest.raises(NotImplementedError, match=kind):
        asyncio.run(call(service, {"type": kind}, []))
