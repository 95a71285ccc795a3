"""To whom connections belong: each process and each event loop has its own, and no cookies are kept."""

import asyncio
import copy
import importlib
import json
import multiprocessing
import os
import pickle
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import httpx
import pytest
from echo import EchoServer, certificate
from silence import SilentServer

import paiflow
from paiflow import _forks
from paiflow._forks import Lock
from paiflow._time import Time
from paiflow.mock import MockService, MockTransport

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
# The server runs in a thread of this process; no child uses it.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.fixture(params=["http", "https"])
def server(request, tmp_path, monkeypatch):
    """A server that answers with the id it was asked for."""
    context = None
    if request.param == "https":
        context, file = certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with EchoServer(context) as echo:
        yield echo


def ask(client, name):
    """Ask for a run and return the id that the reply is about."""
    return client.list_pipeline_runs_status(pipeline_runs=[name]).request_id


async def ask_async(client, name):
    """Return the same."""
    return (await client.list_pipeline_runs_status(pipeline_runs=[name])).request_id


def names(count):
    """Return ids that say which process asks."""
    return [f"flow-{os.getpid()}-{number}" for number in range(count)]


def ask_some(client, count=5):
    """Return whether each reply was about the id that was asked for."""
    return all(ask(client, name) == name for name in names(count))


async def ask_some_async(client, count=5):
    """Return the same."""
    return all([await ask_async(client, name) == name for name in names(count)])


def fork(function):
    """Call a function in a forked child; return the child's id and what reads its result."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        result = "failed"
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - told to the parent
            result = repr(error)
        finally:
            os.write(writing, json.dumps(result).encode())
            os._exit(0)
    os.close(writing)

    def result():
        with os.fdopen(reading) as pipe:
            told = json.load(pipe)
        os.waitpid(child, 0)
        return told

    return result


def forked(function):
    """Return what a function returns in a forked child."""
    return fork(function)()


def processes(server):
    """Return, for each connection that was used, the processes that sent requests on it."""
    return [sorted({name.split("-")[1] for name in asked}) for asked in server.asked.values() if asked]


@needs_fork
class TestProcesses:
    """A client that was made, and used, before its process forked."""

    def test_each_has_connections_of_its_own(self, server):
        with paiflow.PaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS) as client:
            assert ask_some(client)
            children = [fork(lambda: ask_some(client)) for _ in range(3)]

            assert ask_some(client)
            assert [True] * 3 == [result() for result in children]
        assert [1] * 4 == [len(each) for each in processes(server)]

    async def test_so_it_is_with_the_async_client(self, server):
        async def in_child():
            async with client:
                return await ask_some_async(client)

        async with paiflow.AsyncPaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS) as client:
            assert await ask_some_async(client)
            children = [fork(lambda: asyncio.run(in_child())) for _ in range(3)]

            assert await ask_some_async(client)
            assert [True] * 3 == [result() for result in children]
        assert [1] * 4 == [len(each) for each in processes(server)]

    def test_a_child_that_closes_the_client_leaves_its_parents_connections_open(self, server):
        def in_child():
            with client:
                ask_some(client)
            with pytest.raises(paiflow.ConfigurationError, match="closed"):
                ask(client, "flow-a")
            return True

        client = paiflow.PaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS)
        ask_some(client)

        assert forked(lambda: client.close() or True)
        assert forked(in_child)
        assert ask_some(client)
        assert sorted([[str(os.getpid())], *processes(server)[1:]]) == sorted(processes(server))
        assert 2 == len(processes(server))
        client.close()

    def test_a_child_of_a_child_has_its_own_too(self, server):
        client = paiflow.PaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS)
        ask_some(client)

        assert forked(lambda: ask_some(client) and forked(lambda: ask_some(client)))
        assert [1] * 3 == [len(each) for each in processes(server)]
        client.close()

    @pytest.mark.parametrize("kind", [httpx.HTTPTransport, httpx.AsyncHTTPTransport])
    def test_a_transport_of_httpx_gets_connections_of_its_own(self, server, kind):
        transport = kind(verify=os.environ.get("SSL_CERT_FILE") and httpx.create_ssl_context())
        settings = {"endpoint": server.endpoint, "credentials": CREDENTIALS, "transport": transport}

        async def run():
            async with paiflow.AsyncPaiFlow(**settings) as client:
                assert await ask_some_async(client)
                assert forked(lambda: asyncio.run(ask_some_async(client)))
                assert await ask_some_async(client)

        if kind is httpx.AsyncHTTPTransport:
            asyncio.run(run())
        else:
            with paiflow.PaiFlow(**settings) as client:
                assert ask_some(client)
                assert forked(lambda: ask_some(client))
                assert ask_some(client)
        assert [1] * 2 == [len(each) for each in processes(server)]

    def test_threads_may_be_calling_while_a_process_forks(self, server):
        with (
            paiflow.PaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS) as client,
            ThreadPoolExecutor(4) as threads,
        ):
            calls = [threads.submit(ask_some, client, 20) for _ in range(4)]
            children = [fork(lambda: ask_some(client)) for _ in range(4)]

            assert [True] * 4 == [result() for result in children]
            assert all(call.result() for call in calls)
        assert {1} == {len(each) for each in processes(server)}

    def test_a_lock_that_a_thread_holds_is_free_in_the_child(self):
        lock, held, over = Lock(), threading.Event(), threading.Event()

        def hold():
            with lock:
                held.set()
                over.wait(30)

        def in_child():
            with lock:
                return True

        thread = threading.Thread(target=hold)
        thread.start()
        assert held.wait(10)
        assert forked(in_child)
        over.set()
        thread.join()

    def test_a_module_that_a_thread_imports_can_be_imported_in_the_child(self, tmp_path, monkeypatch):
        started, go = threading.Event(), threading.Event()
        (tmp_path / "slow_to_import.py").write_text("import imports_of_the_test as t; t.started.set(); t.go.wait(30)")
        monkeypatch.setitem(sys.modules, "imports_of_the_test", SimpleNamespace(started=started, go=go))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(_forks, "LATE", ("slow_to_import",))
        thread = threading.Thread(target=importlib.import_module, args=("slow_to_import",))
        thread.start()
        assert started.wait(10)
        threading.Timer(0.05, go.set).start()

        assert forked(lambda: bool(importlib.import_module("slow_to_import")))
        thread.join()

    def test_the_mocks_transport_may_be_in_use_while_a_process_forks(self):
        service = MockService()
        for name in names(5):
            service.stage.add_run(name, [(0, "Running")])
        client = paiflow.PaiFlow("cn-hangzhou", credentials=service.credentials, transport=MockTransport(service))
        asked = names(5)

        def ask_mock(times):
            reports = [client.statuses(pipeline_runs=asked) for _ in range(times)]
            return all([run.pipeline_run_id for run in report.runs] == asked for report in reports)

        with ThreadPoolExecutor(2) as threads:
            calls = [threads.submit(ask_mock, 20) for _ in range(2)]

            assert [True] * 4 == [result() for result in [fork(lambda: ask_mock(3)) for _ in range(4)]]
            assert all(call.result() for call in calls)

    def test_a_transport_that_was_used_elsewhere_gets_connections_of_its_own_too(self, server):
        transport = httpx.HTTPTransport(verify=httpx.create_ssl_context())
        settings = {"endpoint": server.endpoint, "credentials": CREDENTIALS, "transport": transport}
        with paiflow.PaiFlow(**settings) as used, paiflow.PaiFlow(**settings) as other:
            ask_some(used)

            assert forked(lambda: ask_some(other))
        assert [1] * 2 == [len(each) for each in processes(server)]


@pytest.mark.parametrize("kind", [paiflow.PaiFlow, paiflow.AsyncPaiFlow])
@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_cannot_be_pickled_and_says_what_to_do(kind, take):
    client = kind("cn-hangzhou", credentials=CREDENTIALS)

    with pytest.raises(TypeError, match=rf"^{kind.__name__} cannot be pickled or copied: make one in each process$"):
        take(client)


ALL_LOADED = """
import asyncio, sys, threading
import httpx, paiflow
from paiflow import _forks

def answer(request):
    items = [{"PipelineRunId": "a", "Status": "Succeeded"}], [{"NodeId": "b", "NodeStatus": "Failed", "Outputs": [{}]}]
    return httpx.Response(200, json={"RequestId": "r", "PipelineRuns": items[0], "Nodes": items[1], "Outputs": [{}]})

def use(transport, *methods):
    settings = {"transport": transport, "credentials": paiflow.Credentials("i", "s"), "retries": 0}
    client = paiflow.PaiFlow(endpoint="http://127.0.0.1:1", **settings)
    other = paiflow.AsyncPaiFlow(endpoint="http://127.0.0.1:1", **settings)
    for method in methods:
        try:
            getattr(client, method)(pipeline_runs=["a"])
        except paiflow.TransportError:
            assert transport is None
        try:
            asyncio.run(getattr(other, method)(pipeline_runs=["a"]))
        except paiflow.TransportError:
            assert transport is None

paiflow.PaiFlow("cn-hangzhou").close()
over = threading.Event()
threading.Thread(target=over.wait).start()
_forks._finish_imports()
before = set(sys.modules)
use(httpx.MockTransport(answer), "list_pipeline_runs_status", "statuses", "wait")
use(None, "list_pipeline_runs_status")
over.set()
print(sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in {"anyio", "asyncio", "h11", "httpcore", "httpx", "msgspec", "paiflow", "paiflow_api", "sniffio"}))
"""


def test_all_that_a_call_may_import_is_imported_before_a_process_with_threads_forks():
    run = subprocess.run([sys.executable, "-c", ALL_LOADED], capture_output=True, text=True, timeout=60, check=False)

    assert ("", "[]\n") == (run.stderr, run.stdout)


PRELOADED = """
import multiprocessing, os, sys
import paiflow
client = paiflow.PaiFlow(endpoint=sys.argv[2], credentials=paiflow.Credentials("i", "s"))

def work(number):
    name = f"flow-{os.getpid()}-{number}"
    return client.list_pipeline_runs_status(pipeline_runs=[name]).request_id == name

if __name__ == "__main__":
    work(0)
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(all(pool.map(work, range(20), chunksize=5)), work(1))
    client.close()
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_multiprocessing_and_servers_that_load_before_they_fork_may_share_a_client(method, tmp_path):
    script = tmp_path / "preloaded.py"
    script.write_text(PRELOADED)
    with EchoServer() as server:
        run = subprocess.run(
            [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", script, method, server.endpoint],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert ("", "True True\n") == (run.stderr, run.stdout)
        assert {1} == {len(each) for each in processes(server)}


class TestLoops:
    """An async client that several event loops use."""

    def test_one_run_after_another(self, server):
        client = paiflow.AsyncPaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS)

        assert [True] * 5 == [asyncio.run(ask_some_async(client)) for _ in range(5)]
        assert 5 == len(server.asked)
        asyncio.run(client.aclose())

    def test_connections_are_closed_when_their_loop_ends(self):
        async def run():
            with pytest.raises(paiflow.TransportError):
                await asyncio.wait_for(client.list_pipeline_runs_status(pipeline_runs=["a"]), 30)

        with SilentServer() as silent:
            client = paiflow.AsyncPaiFlow(endpoint=silent.endpoint, credentials=CREDENTIALS, timeout=0.05, retries=0)
            asyncio.run(run())
        with EchoServer() as server:
            client = paiflow.AsyncPaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS)

            async def left_open():
                await ask_some_async(client)
                return (await client._connections.open()).to(client.endpoint)._pool.connections[0]

            connection = asyncio.run(left_open())

        assert connection.is_closed()

    def test_loops_in_threads_at_a_time(self, server):
        client = paiflow.AsyncPaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS)
        together = threading.Barrier(3)

        async def run(_):
            await ask_some_async(client)
            await asyncio.to_thread(together.wait, 30)
            return await ask_some_async(client)

        with ThreadPoolExecutor(3) as threads:
            assert [True] * 3 == list(threads.map(lambda number: asyncio.run(run(number)), range(3)))
        assert 3 == len(server.asked)

    def test_a_client_closed_in_one_loop_is_closed_in_all(self):
        client = paiflow.AsyncPaiFlow("cn-hangzhou", credentials=CREDENTIALS)
        asyncio.run(client.aclose())

        with pytest.raises(paiflow.ConfigurationError, match="the client is closed: make a new one"):
            asyncio.run(ask_async(client, "flow-a"))

    def test_a_transport_that_was_given_is_not_closed_with_the_loop(self):
        class Given(httpx.MockTransport):
            closed = 0

            async def aclose(self):
                self.closed += 1

        given = Given(lambda request: httpx.Response(200, json={"RequestId": "R-1"}))
        client = paiflow.AsyncPaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=given)

        assert ["R-1", "R-1"] == [asyncio.run(ask_async(client, "flow-a")) for _ in range(2)]
        assert 0 == given.closed
        for _ in range(2):
            asyncio.run(client.aclose())
        assert 1 == given.closed

    def test_a_loop_that_has_ended_its_generators_goes_on_with_new_connections(self, server):
        client = paiflow.AsyncPaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS)
        with asyncio.Runner() as runner:
            assert runner.run(ask_some_async(client))
            runner.run(runner.get_loop().shutdown_asyncgens())
            with pytest.warns(ResourceWarning, match="was scheduled after loop.shutdown_asyncgens"):
                assert runner.run(ask_some_async(client))
            runner.run(client.aclose())

        assert 2 == len(server.asked)

    async def test_a_closed_client_leaves_nothing_to_its_loop(self, server):
        before = len(asyncio.get_running_loop()._asyncgens)
        client = paiflow.AsyncPaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS)
        await ask_some_async(client)
        await client.aclose()

        assert before == len(asyncio.get_running_loop()._asyncgens)

    def test_a_transport_that_was_given_may_have_no_hash(self):
        class Given(httpx.MockTransport):
            __hash__ = None
            closed = False

            def close(self):
                self.closed = True

        given = Given(busy)
        paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=given).close()

        assert given.closed


class TestClosedElsewhere:
    """A client that is closed while others use it."""

    CALLS = ("list_pipeline_runs_status", "list_pipeline_runs_status_detailed", "statuses", "wait")

    @pytest.mark.parametrize("call", CALLS)
    def test_during_a_backoff(self, call):
        class Closing(Time):
            def sleep(self, seconds):
                client.close()

        client = paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=busy(), time=Closing())

        with pytest.raises(paiflow.ConfigurationError, match="the client is closed"):
            getattr(client, call)(pipeline_runs=["flow-a"])

    @pytest.mark.parametrize("call", CALLS)
    def test_during_a_backoff_async(self, call):
        class Closing(Time):
            async def asleep(self, seconds):
                await client.aclose()

        client = paiflow.AsyncPaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=busy(), time=Closing())

        with pytest.raises(paiflow.ConfigurationError, match="the client is closed"):
            asyncio.run(getattr(client, call)(pipeline_runs=["flow-a"]))

    @pytest.mark.parametrize("call", CALLS)
    def test_in_flight(self, call):
        with SilentServer() as server, ThreadPoolExecutor(1) as threads:
            client = paiflow.PaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS, timeout=30)
            asked = threads.submit(getattr(client, call), pipeline_runs=["flow-a"])
            server.accept()
            client.close()

            with pytest.raises(paiflow.ConfigurationError, match="the client is closed"):
                asked.result(10)

    def test_in_flight_it_is_open_whether_a_change_was_made(self):
        with SilentServer() as server, ThreadPoolExecutor(1) as threads:
            client = paiflow.PaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS, timeout=30)
            asked = threads.submit(client.start_pipeline_run, "flow-a")
            server.accept()
            client.close()

            with pytest.raises(paiflow.ConfigurationError, match="the client is closed") as caught:
                asked.result(10)
            assert caught.value.maybe_done
            with pytest.raises(paiflow.ConfigurationError) as caught:
                client.start_pipeline_run("flow-a")
            assert not caught.value.maybe_done

    async def test_in_flight_it_is_open_whether_a_change_was_made_async(self):
        with SilentServer() as server:
            client = paiflow.AsyncPaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS, timeout=30)
            asked = asyncio.create_task(client.start_pipeline_run("flow-a"))
            await asyncio.to_thread(server.accept)
            await client.aclose()

            with pytest.raises(paiflow.ConfigurationError, match="the client is closed") as caught:
                await asyncio.wait_for(asked, 10)
            assert caught.value.maybe_done

    @pytest.mark.parametrize("call", CALLS)
    async def test_in_flight_async(self, call):
        with SilentServer() as server:
            client = paiflow.AsyncPaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS, timeout=30)
            asked = asyncio.create_task(getattr(client, call)(pipeline_runs=["flow-a"]))
            await asyncio.to_thread(server.accept)
            await client.aclose()

            with pytest.raises(paiflow.ConfigurationError, match="the client is closed"):
                await asyncio.wait_for(asked, 10)


def busy():
    """A transport whose service is busy."""
    return httpx.MockTransport(lambda request: httpx.Response(503, json={"Code": "ServiceUnavailable"}))


@pytest.mark.parametrize(
    "cookie", [b"acw_tc=0a1b2c; Path=/", b"name=\xe9\xff", b"a=\xe4\xb8\xad", b"=;;=\x01", b"a=b, c=d"]
)
@pytest.mark.parametrize("status", [200, 302, 503])
@pytest.mark.parametrize("kind", [paiflow.PaiFlow, paiflow.AsyncPaiFlow])
def test_no_cookie_is_kept_or_sent(kind, status, cookie):
    requests = []

    def answer(request):
        requests.append(request)
        first = len(requests) == 1
        headers = [(b"set-cookie", cookie), (b"location", b"/")]
        return httpx.Response(status if first else 200, headers=headers, json={"RequestId": "R-1"})

    settings = {"credentials": CREDENTIALS, "transport": httpx.MockTransport(answer), "retries": 0}

    def call(client):
        try:
            return ask(client, "flow-a") if isinstance(client, paiflow.PaiFlow) else asyncio.run(ask_async(client, "a"))
        except (paiflow.ServerFault, paiflow.UnexpectedReply):
            return "refused"

    client = kind("cn-hangzhou", **settings)

    assert ["R-1" if status == 200 else "refused", "R-1"] == [call(client), call(client)]
    assert not any("cookie" in request.headers for request in requests)


def test_a_client_that_could_not_be_made_has_a_repr():
    client = paiflow.PaiFlow.__new__(paiflow.PaiFlow)

    assert "PaiFlow(endpoint=None)" == repr(client)


def test_other_versions_of_httpx_are_refused_rather_than_losing_a_deadline(monkeypatch):
    class Other(httpx.HTTPTransport):
        def __init__(self, **settings):
            super().__init__(**settings)
            del self._pool._network_backend

    monkeypatch.setattr(httpx, "HTTPTransport", Other)

    with pytest.raises(
        paiflow.ConfigurationError, match=r"cannot use httpx 0.*: install httpx 0\.28 and httpcore 1\.0"
    ):
        paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS)


def test_closing_wakes_a_thread_that_waits_for_the_network():
    ours, theirs = socket.socketpair()
    from httpcore._backends.sync import SyncStream

    from paiflow.client.network import Stream

    stream = Stream(SyncStream(ours))
    stream.close()

    assert (b"", -1) == (theirs.recv(1), ours.fileno())
    theirs.close()
