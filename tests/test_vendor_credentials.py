"""The vendor's own chain, through its package: real files and a real endpoint of keys, each in a process of its own.

Its package reads the environment when it is imported, so nothing less than a process will do.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from paiflow import Credentials
from paiflow.mock import MockService, Request, serve
from paiflow.signing import parse_authorization

LASTING = Credentials("LTAI5tVendorKeyId012345", "VendorLastingSecret0123456")
PASSING = [
    Credentials(f"STS.NTVendorKeyId{number}", f"VendorPassingSecret{number}", f"Vendor+Token/{number}==")
    for number in (1, 2)
]
# What a container's address of keys may hold.
QUERY = "VendorAddressSecret0123456"
SECRETS = [
    QUERY,
    *[value for one in (LASTING, *PASSING) for value in (one.access_key_secret, one.security_token) if value],
]

ASK = """
import asyncio, logging, sys, paiflow

if "debug" in sys.argv:
    logging.basicConfig(level=logging.DEBUG)

def blocking():
    with paiflow.PaiFlow() as client:
        for _ in range(2):
            print(client.list_pipeline_runs_status(pipeline_runs=["flow-hynm2bv8wqhp5esfxq"]).pipeline_runs[0].status)

async def awaiting():
    async with paiflow.AsyncPaiFlow() as client:
        for _ in range(2):
            reply = await client.list_pipeline_runs_status(pipeline_runs=["flow-hynm2bv8wqhp5esfxq"])
            print(reply.pipeline_runs[0].status)

try:
    asyncio.run(awaiting()) if "async" in sys.argv else blocking()
except paiflow.CredentialsError as error:
    print(error)
"""

# The same package without this one in between.
ASK_THE_VENDOR = """
from alibabacloud_credentials.client import Client
Client().get_credential()
"""


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[list[Request], str]]:
    """A mock service that knows the keys of this module: the requests that it gets, and its endpoint."""
    requests: list[Request] = []
    with serve(MockService([LASTING, *PASSING], on_request=requests.append)) as endpoint:
        yield requests, endpoint


@pytest.fixture
def run(service, tmp_path):
    """Run a script in a process whose environment is this alone: `run(script, *arguments, **environ)`."""

    def run_(script: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        here = {
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "PAIFLOW_ENDPOINT": service[1],
            # Nothing on this machine answers there, and the package would wait for it.
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            # The keys expire by this process's clock, which scripts/test-elsewhere may have moved.
            **{name: os.environ[name] for name in ("PYTHONPATH", "DAYS_AHEAD") if name in os.environ},
        }
        return subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=here | environ,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run_


class Keys:
    """Gives keys over http as a credentials URI does, each time the next."""

    def __init__(self, *bodies: object) -> None:
        left = list(bodies)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(left.pop(0) if len(left) > 1 else left[0]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.uri = f"http://127.0.0.1:{self.server.server_port}/keys?key={QUERY}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def answer(credentials: Credentials) -> dict[str, str | None]:
    """Return what a credentials URI gives: keys that expire so soon that they are asked for again at each call."""
    expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
    return {
        "Code": "Success",
        "AccessKeyId": credentials.access_key_id,
        "AccessKeySecret": credentials.access_key_secret,
        "SecurityToken": credentials.security_token,
        "Expiration": expiration,
    }


@pytest.fixture
def keys():
    """Serve keys: `keys(*bodies)` gives the URI."""
    servers: list[Keys] = []

    def serve_(*bodies: object) -> str:
        servers.append(Keys(*bodies))
        return servers[-1].uri

    yield serve_
    for server in servers:
        server.close()


def signers(requests: list[Request]) -> list[str]:
    """Return by whose keys the requests were signed."""
    return [parse_authorization(dict(request.headers)["authorization"])[0] for request in requests]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_profile_of_the_vendors_command_serves(run, tmp_path, way):
    profile = {
        "name": "work",
        "mode": "AK",
        "access_key_id": LASTING.access_key_id,
        "access_key_secret": LASTING.access_key_secret,
    }
    write(tmp_path / ".aliyun/config.json", json.dumps({"current": "work", "profiles": [profile]}))

    done = run(ASK, way)

    assert ("Running\nRunning\n", "", 0) == (done.stdout, done.stderr, done.returncode)


def test_a_profile_may_hold_a_token_and_be_picked_by_its_name(run, tmp_path):
    profile = {
        "name": "other",
        "mode": "StsToken",
        "access_key_id": PASSING[0].access_key_id,
        "access_key_secret": PASSING[0].access_key_secret,
        "sts_token": PASSING[0].security_token,
    }
    write(tmp_path / ".aliyun/config.json", json.dumps({"current": "work", "profiles": [profile]}))

    done = run(ASK, ALIBABA_CLOUD_PROFILE="other")

    assert ("Running\nRunning\n", "", 0) == (done.stdout, done.stderr, done.returncode)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_an_ini_file_serves(run, tmp_path, way):
    pair = f"access_key_id = {LASTING.access_key_id}\naccess_key_secret = {LASTING.access_key_secret}\n"
    write(tmp_path / ".alibabacloud/credentials.ini", f"[default]\ntype = access_key\n{pair}")

    done = run(ASK, way)

    assert ("Running\nRunning\n", "", 0) == (done.stdout, done.stderr, done.returncode)


def test_the_environments_pair_comes_before_the_chain(run, keys):
    done = run(
        ASK,
        ALIBABA_CLOUD_CREDENTIALS_URI=keys({"Code": "Fail"}),
        ALIBABA_CLOUD_ACCESS_KEY_ID=LASTING.access_key_id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET=LASTING.access_key_secret,
    )

    assert ("Running\nRunning\n", "", 0) == (done.stdout, done.stderr, done.returncode)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_keys_that_expire_are_asked_for_again_by_the_next_attempt(run, keys, service, way):
    requests, _ = service
    requests.clear()

    done = run(ASK, way, ALIBABA_CLOUD_CREDENTIALS_URI=keys(*map(answer, PASSING)))

    assert ("Running\nRunning\n", 0) == (done.stdout, done.returncode)
    assert [one.access_key_id for one in PASSING] == signers(requests)


def test_a_chain_that_finds_nothing_says_so_at_once_and_in_one_line(run):
    began = time.monotonic()
    done = run(ASK)

    assert time.monotonic() - began < 20
    assert (
        "no credentials: tried the environment (not set), ~/.aliyun/config.json (no such file), "
        "~/.alibabacloud/credentials.ini (no such file); "
        "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run: aliyun configure\n"
    ) == done.stdout
    assert ("", 0) == (done.stderr, done.returncode)


PROFILE = {"name": "work", "mode": "AK", "access_key_id": "LTAI5tVendorKeyId012345", "access_key_secret": "s"}


@pytest.mark.parametrize(
    ("config", "variables", "words", "mend"),
    [
        ("{", {}, "~/.aliyun/config.json (not valid JSON)", "run aliyun configure"),
        ({"current": "gone", "profiles": [PROFILE]}, {}, "(no profile gone)", "run aliyun configure"),
        ({"profiles": [PROFILE]}, {}, "(no profile is the current one)", "or name a profile in ALIBABA_CLOUD_PROFILE"),
        (
            {"current": "work", "profiles": [{**PROFILE, "mode": "Magic"}]},
            {},
            "(mode Magic is not supported)",
            "run aliyun configure",
        ),
        (
            None,
            {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:1/keys"},
            "ALIBABA_CLOUD_CREDENTIALS_URI (no answer)",
            "set ALIBABA_CLOUD_ACCESS_KEY_ID",
        ),
        (
            None,
            {
                "ALIBABA_CLOUD_ROLE_ARN": "acs:ram::1:role/r",
                "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "acs:ram::1:oidc-provider/p",
                "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/nowhere/token",
            },
            "the OIDC role (",
            "check ALIBABA_CLOUD_ROLE_ARN",
        ),
    ],
)
def test_a_chain_that_fails_names_what_it_tried_and_what_to_mend(run, tmp_path, config, variables, words, mend):
    if config is not None:
        write(tmp_path / ".aliyun/config.json", config if isinstance(config, str) else json.dumps(config))
    done = run(ASK, **variables)

    assert done.stdout.startswith("no credentials: tried the environment (not set), ")
    assert words in done.stdout
    assert mend in done.stdout.partition("; ")[2]
    assert done.stdout.count("\n") == 1
    assert len(done.stdout) < 420


# Nothing is printed


def leaked(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the secrets that a process printed."""
    return [secret for secret in SECRETS if secret in done.stdout + done.stderr]


def without_expiration() -> dict[str, str | None]:
    """Return a reply that the package does not accept, so that it quotes it, keys and all."""
    return {name: value for name, value in answer(PASSING[0]).items() if name != "Expiration"}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("log", ["debug", "quiet"])
@pytest.mark.parametrize("fails", [False, True], ids=["found", "failing"])
def test_the_package_prints_no_secret_even_when_debugged(run, keys, way, log, fails):
    body = without_expiration() if fails else answer(PASSING[0])
    done = run(ASK, way, log, DEBUG="sdk", ALIBABA_CLOUD_CREDENTIALS_URI=keys(body))

    assert [] == leaked(done)
    assert ("no credentials" if fails else "Running") in done.stdout
    assert 0 == done.returncode
    if log == "quiet":
        assert "" == done.stderr


@pytest.mark.parametrize("fails", [False, True], ids=["found", "failing"])
def test_left_to_itself_the_package_does_print_secrets(run, keys, fails):
    """The control of the test before: the same search finds them."""
    body = without_expiration() if fails else answer(PASSING[0])
    done = run(ASK_THE_VENDOR, DEBUG="sdk", ALIBABA_CLOUD_CREDENTIALS_URI=keys(body))

    assert leaked(done)
