"""An error about the way to a service names host, port and proxy, and a region that is misspelt."""

import asyncio
import contextlib
import pickle
import socket
import threading

import httpx
import pytest
from silence import refusing

import paiflow
from paiflow.client.endpoint import Endpoints
from paiflow.client.routes import REGIONS, region_hint
from paiflow.errors import ConfigurationError
from paiflow.mock import HandClock, HandTime
from paiflow_api.operations import OPERATIONS

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
SECRET = "S3cretOfTheProxy"


@contextlib.contextmanager
def answering(reply):
    """Give the address of a server that says `reply` to each request, and the requests that came."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        came.append(connection.recv(65536))
                        connection.sendall(reply)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", came
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def closed():
    """An address at which nothing listens."""
    with refusing() as (host, port):
        yield f"{host}:{port}"


@pytest.fixture(params=["sync", "async"])
def failure(request):
    """The TransportError of a call: `failure(operation, **settings)`."""

    def call(operation="DeletePipeline", **settings):
        settings = {"credentials": CREDENTIALS, "time": HandTime(HandClock(0)), **settings}
        arguments = {} if operation == "ListWorkspaces" else {"pipeline_id": "a"}

        async def acall():
            async with paiflow.AsyncPaiFlow(**settings) as client:
                await client.call(operation, **arguments)

        def directly():
            with paiflow.PaiFlow(**settings) as client:
                client.call(operation, **arguments)

        with pytest.raises(paiflow.TransportError) as caught:
            asyncio.run(acall()) if request.param == "async" else directly()
        error = caught.value
        assert [str(error), error.host, error.proxy] == [
            f(pickle.loads(pickle.dumps(error))) for f in (str, lambda one: one.host, lambda one: one.proxy)
        ]
        assert not error.maybe_done
        return error

    return call


def test_a_wrong_port_is_named(failure, closed):
    error = failure(endpoint=f"http://{closed}", retries=0)

    assert (closed, None) == (error.host, error.proxy)
    assert f"DeletePipeline: no reply from {closed} in 1 attempt: [Errno 111] Connection refused." == str(error)


@pytest.mark.parametrize(
    ("status", "attempts"), [("403 Forbidden", 1), ("407 Proxy Authentication Required", 1), ("502 Bad Gateway", 3)]
)
def test_a_proxy_that_refuses_is_named_without_its_password(failure, monkeypatch, status, attempts):
    """It is not the service that answers 403. What a proxy refuses it refuses again."""
    with answering(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode()) as (proxy, came):
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{SECRET}@{proxy}")
        error = failure(region="cn-hangzhou", retries=2)
    host = "paiflow.cn-hangzhou.aliyuncs.com:443"

    assert (attempts, attempts) == (len(came), error.attempts)
    assert (host, proxy) == (error.host, error.proxy)
    assert f"no reply from {host} through the proxy {proxy} in " in str(error)
    assert str(error).endswith(f": the proxy refused: {status}.")
    assert SECRET not in f"{error} {error!r} {vars(error)} {error.__cause__!r}"


def test_the_password_is_not_shown_even_if_the_proxy_says_it(failure, monkeypatch):
    with answering(f"HTTP/1.1 407 {SECRET} is wrong\r\ncontent-length: 0\r\n\r\n".encode()) as (proxy, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{SECRET}@{proxy}")
        error = failure(region="cn-hangzhou", retries=0)

    assert ": the proxy refused: 407 [redacted] is wrong." in str(error)
    assert SECRET not in f"{error} {error!r} {vars(error)} {error.__cause__!r}"


def test_a_dead_proxy_is_named(failure, closed, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{SECRET}@{closed}")
    error = failure(region="cn-hangzhou", retries=0)

    assert f"through the proxy {closed} in 1 attempt: [Errno 111] Connection refused." in str(error)
    assert SECRET not in str(error)


def test_each_service_has_a_proxy_of_its_own(failure, closed, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://{closed}")
    monkeypatch.setenv("NO_PROXY", "aiworkspace.example")

    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: unknown() if "example" in str(host) else real(host, *a, **k)
    )
    settings = {"endpoint": "paiflow.example", "aiworkspace_endpoint": "aiworkspace.example", "retries": 0}
    flow, workspaces = failure(**settings), failure("ListWorkspaces", **settings)

    assert ("paiflow.example:443", "aiworkspace.example:443") == (flow.host, workspaces.host)
    assert (True, None) == (flow.proxy is not None, workspaces.proxy)


@pytest.mark.parametrize(("region", "vpc"), [("cn-hangzou", False), ("cn-hangzou", True)])
def test_a_region_that_is_misspelt_is_asked_about(failure, monkeypatch, region, vpc):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(region=region, vpc=vpc, retries=0)

    assert "Name or service not known; no region cn-hangzou is known: did you mean cn-hangzhou? Others are " in str(
        error
    )
    assert "\n" not in str(error)
    assert "did you mean" not in str(failure(region="cn-hangzhou", retries=0))
    assert "did you mean" not in str(failure(endpoint="https://nowhere.example", retries=0))


@pytest.mark.parametrize(
    ("host", "closest"),
    [
        ("paiflow.cn-hangzou.aliyuncs.com:443", "cn-hangzhou"),
        ("aiworkspace-vpc.cn-bejing.aliyuncs.com:443", "cn-beijing"),
        ("paiflow.shanghai.aliyuncs.com:443", "cn-shanghai"),
        ("paiflow.ap-southeast1.aliyuncs.com:443", "ap-southeast-1"),
        ("paiflow.cn-hangzhou.aliyuncs.com:443", None),
        ("paiflow.example:443", None),
        ("127.0.0.1:80", None),
    ],
)
def test_the_closest_region_comes_first_and_all_are_told(host, closest):
    hint = region_hint(host)

    assert (closest is not None) is bool(hint)
    if closest is not None:
        assert f"did you mean {closest}?" in hint
        assert all(region in hint for region in REGIONS)


# Two services


@pytest.mark.parametrize(
    ("given", "paiflow_url", "aiworkspace_url"),
    [
        ({"region": "cn-beijing"}, "https://paiflow.cn-beijing.aliyuncs.com", "https://aiworkspace.cn-beijing.aliyuncs.com"),
        ({"region": "cn-beijing", "vpc": True}, "https://paiflow-vpc.cn-beijing.aliyuncs.com", "https://aiworkspace-vpc.cn-beijing.aliyuncs.com"),
        ({"ALIBABA_CLOUD_REGION_ID": "cn-beijing"}, "https://paiflow.cn-beijing.aliyuncs.com", "https://aiworkspace.cn-beijing.aliyuncs.com"),
        ({"endpoint": "paiflow.cn-beijing.aliyuncs.com"}, "https://paiflow.cn-beijing.aliyuncs.com", "https://aiworkspace.cn-beijing.aliyuncs.com"),
        ({"endpoint": "https://paiflow-vpc.cn-beijing.aliyuncs.com"}, "https://paiflow-vpc.cn-beijing.aliyuncs.com", "https://aiworkspace-vpc.cn-beijing.aliyuncs.com"),
        ({"PAIFLOW_ENDPOINT": "paiflow.cn-beijing.aliyuncs.com", "region": "cn-hangzhou"}, "https://paiflow.cn-beijing.aliyuncs.com", "https://aiworkspace.cn-beijing.aliyuncs.com"),
        ({"endpoint": "a.example", "region": "cn-beijing"}, "https://a.example", "https://aiworkspace.cn-beijing.aliyuncs.com"),
        ({"endpoint": "a.example", "aiworkspace_endpoint": "b.example", "AIWORKSPACE_ENDPOINT": "c.example"}, "https://a.example", "https://b.example"),
        ({"endpoint": "a.example", "AIWORKSPACE_ENDPOINT": "c.example"}, "https://a.example", "https://c.example"),
        ({"region": "cn-beijing", "AIWORKSPACE_ENDPOINT": "c.example"}, "https://paiflow.cn-beijing.aliyuncs.com", "https://c.example"),
        ({"PAIFLOW_ENDPOINT": "http://127.0.0.1:8080", "region": "cn-beijing"}, "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ({"endpoint": "http://localhost:8080"}, "http://localhost:8080", "http://localhost:8080"),
        ({"PAIFLOW_ENDPOINT": "http://[::1]:8080", "AIWORKSPACE_ENDPOINT": "c.example"}, "http://[::1]:8080", "https://c.example"),
    ],
)  # fmt: skip
def test_where_each_service_is(given, paiflow_url, aiworkspace_url):
    names = ("endpoint", "aiworkspace_endpoint", "region")
    environ = {name: value for name, value in given.items() if name.isupper()}
    endpoints = Endpoints(*[given.get(name) for name in names], given.get("vpc", False), False, environ)

    assert (paiflow_url, aiworkspace_url) == (endpoints.of("paiflow"), endpoints.of("aiworkspace"))


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"region": "cn-beijing"}, "https://pai-dlc.cn-beijing.aliyuncs.com"),
        ({"endpoint": "paiflow-vpc.cn-beijing.aliyuncs.com"}, "https://pai-dlc-vpc.cn-beijing.aliyuncs.com"),
        ({"endpoint": "http://127.0.0.1:8080", "region": "cn-beijing"}, "http://127.0.0.1:8080"),
        ({"endpoint": "a.example", "PAI_DLC_ENDPOINT": "b.example"}, "https://b.example"),
    ],
)
def test_a_third_service_needs_only_a_host(given, url):
    environ = {name: value for name, value in given.items() if name.isupper()}
    endpoints = Endpoints(
        given.get("endpoint"), None, given.get("region"), False, False, environ, ["paiflow", "pai-dlc"]
    )

    assert url == endpoints.of("pai-dlc")


def test_a_third_service_without_an_endpoint_says_so():
    endpoints = Endpoints("a.example", None, None, False, False, {}, ["pai-dlc"])
    words = "^no endpoint of pai-dlc: give a region, or set ALIBABA_CLOUD_REGION_ID or PAI_DLC_ENDPOINT$"
    with pytest.raises(ConfigurationError, match=words):
        endpoints.of("pai-dlc")


def test_a_service_without_an_endpoint_says_so_when_it_is_called():
    words = "no endpoint of aiworkspace: give a region or aiworkspace_endpoint=, or set "
    client = paiflow.PaiFlow(endpoint="a.example", credentials=CREDENTIALS)
    with client, pytest.raises(ConfigurationError, match=words):
        client.list_workspaces()


@pytest.mark.parametrize(
    ("name", "value"), [("aiworkspace_endpoint", "http://b.example"), ("AIWORKSPACE_ENDPOINT", "b example")]
)
def test_a_bad_endpoint_is_refused_by_its_name(monkeypatch, name, value):
    settings = {}
    if name.isupper():
        monkeypatch.setenv(name, value)
    else:
        settings[name] = value
    with pytest.raises(ConfigurationError, match=name):
        paiflow.PaiFlow("cn-beijing", credentials=CREDENTIALS, **settings)


def test_each_operation_goes_to_its_service_by_its_version():
    sent = {}

    def answer(request):
        sent[request.headers["x-acs-action"]] = (request.url.host, request.headers["x-acs-version"])
        return httpx.Response(404, json={"Code": "X"})

    with paiflow.PaiFlow("cn-beijing", credentials=CREDENTIALS, transport=httpx.MockTransport(answer)) as client:
        for operation in OPERATIONS.values():
            arguments = {one.argument: 1 for one in operation.parameters if one.required}
            arguments |= {operation.parameter(name).argument: "a" for name in operation.one_of[:1]}
            arguments |= {"pipeline_runs": ["a"]} if operation.any_of else {}
            with pytest.raises(paiflow.NotFound):
                client.call(operation, **arguments)

    assert ("aiworkspace.cn-beijing.aliyuncs.com", "2021-02-04") == sent.pop("ListWorkspaces")
    assert {("paiflow.cn-beijing.aliyuncs.com", "2021-02-02")} == set(sent.values())
    assert 18 == len(sent)
