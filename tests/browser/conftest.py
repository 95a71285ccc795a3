"""Chromium, headless; an explorer of a mock; and a server of somebody else's pages."""

import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import sync_playwright

from paiflow import AsyncPaiFlow
from paiflow.credentials import Credentials
from paiflow.explorer import Settings, serve
from paiflow.mock import MockService
from paiflow.mock import serve as serve_mock

PICTURES = Path(__file__).parents[2] / "build" / "browser"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
REBOUND = "evil.example"
RUN = "flow-hynm2bv8wqhp5esfxq"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # It would refuse some of the attacks by itself; what the explorer refuses is what is tested.
    "--disable-features=LocalNetworkAccessChecks",
    # A name of somebody else's that leads to this machine.
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
]


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        assert path, "there is no chromium: install it, or name one in CHROMIUM"
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


class Explored:
    """An explorer of a mock, and what came to the mock."""

    def __init__(self, service, address, requests):
        self.service = service
        self.address = address
        self.requests = requests
        keys = service.credentials
        self.environ = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": keys.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys.access_key_secret,
            "PAIFLOW_EXPLORER": address.url,
            "PAIFLOW_EXPLORER_TOKEN": address.token,
        }


@pytest.fixture(scope="session")
def explored():
    requests = []
    service = MockService(on_request=requests.append)
    with serve_mock(service) as endpoint:
        client = AsyncPaiFlow(endpoint=endpoint, credentials=service.credentials, workspace_id="948")
        with serve(client, Settings(allow_writes=True, known={"PipelineRunId": RUN})) as address:
            yield Explored(service, address, requests)


@pytest.fixture
def big():
    """An explorer of a service whose replies are big."""
    content = (
        b'{"RequestId": "R", "Workspaces": [' + b",".join([b'{"WorkspaceName": "' + b"x" * 80 + b'"}'] * 80_000) + b"]}"
    )

    async def answer(_):
        return httpx.Response(200, content=content, headers={"content-type": "application/json"})

    client = AsyncPaiFlow(
        "cn-hangzhou", credentials=Credentials("key", "secret"), transport=httpx.MockTransport(answer)
    )
    with serve(client) as address:
        yield address, content


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def size(request):
    return request.param


def is_fault(message):
    """Return whether the console complains; that a form is not complete yet is no fault."""
    return message.type == "error" and not message.location["url"].endswith("/-/sample")


@pytest.fixture
def opened(browser):
    """A function that opens an address in a tab of its own, in which nothing may go wrong."""
    contexts, faults = [], []

    def open_(url, size=WIDE):
        contexts.append(browser.new_context(viewport=size, permissions=["clipboard-read", "clipboard-write"]))
        page = contexts[-1].new_page()
        page.on("console", lambda message: faults.append(message.text) if is_fault(message) else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [] == faults


class Elsewhere(ThreadingHTTPServer):
    """Serves an empty page to anybody, and keeps what came."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.came = []
        self.port = self.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.came.append(self.path)
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><body></body>")

    do_POST = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def elsewhere():
    server = Elsewhere()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def attacker(browser, elsewhere):
    """A page of somebody else, open in the same browser."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(elsewhere.url)
    yield page
    context.close()
