"""The fixture paiflow_mock: what it gives, and what the plugin costs those who do not use it."""

import json
import os
import subprocess
import sys
import threading
from importlib.metadata import entry_points

import httpx
import pytest

import paiflow
from paiflow.mock import Behaviour, HandTime, PaiFlowMock, load_scenario

pytest_plugins = ["pytester"]

RUN = "flow-hynm2bv8wqhp5esfxq"


def status(client, run_id="flow-1"):
    return client.list_pipeline_runs_status(pipeline_runs=[run_id]).pipeline_runs[0].status


def test_the_endpoint_is_a_real_server_that_knows_the_sample(paiflow_mock):
    assert paiflow_mock.endpoint.startswith("http://127.0.0.1:")
    assert 405 == httpx.delete(f"{paiflow_mock.endpoint}/api/v1/pipelineruns", trust_env=False).status_code
    assert "Running" == status(paiflow_mock.client(), RUN)


def test_runs_go_on_as_the_clock_is_advanced(paiflow_mock):
    paiflow_mock.add_run("flow-1", statuses=[(0, "Running"), (60, "Succeeded")])
    paiflow_mock.add_node("flow-1", "node-1", [(30, "Running")], name="train")
    paiflow_mock.add_output("flow-1", "node-1", "artifact-1", value={"a": 1})
    client = paiflow_mock.client()
    seen = []
    for seconds in (0, 30, 30):
        paiflow_mock.advance(seconds)
        about = client.list_pipeline_runs_status(nodes=[("flow-1", "node-1")])
        seen.append((str(status(client)), [node.node_name for node in about.nodes]))

    assert [("Running", []), ("Running", ["train"]), ("Succeeded", ["train"])] == seen
    assert {"a": 1} == about.outputs[0].value_json()


def test_a_wait_of_hours_takes_no_time(paiflow_mock):
    paiflow_mock.add_run("flow-1", [(0, "Running"), ("5h", "Succeeded")])
    started = paiflow_mock.clock.now()

    result = paiflow_mock.client().wait(pipeline_runs=["flow-1"], timeout=6 * 3600)

    assert ["flow-1"] == result.succeeded
    assert 5 * 3600 <= paiflow_mock.clock.now() - started < 5 * 3600 + 60


async def test_an_async_client_goes_by_the_same_clock(paiflow_mock):
    paiflow_mock.add_run("flow-1", [(0, "Running"), ("5h", "Succeeded")])
    async with paiflow_mock.async_client() as client:
        await client.wait(pipeline_runs=["flow-1"])
        reply = await client.list_pipeline_runs_status(pipeline_runs=["flow-1"])

    assert "Succeeded" == reply.pipeline_runs[0].status


def test_a_client_takes_settings_and_goes_by_the_clock(paiflow_mock):
    paiflow_mock.add_run("flow-1", workspace_id="15")
    client = paiflow_mock.client(workspace_id="948")

    assert [] == client.list_pipeline_runs_status(pipeline_runs=["flow-1"]).pipeline_runs
    assert isinstance(client.time, HandTime)


def test_the_transport_reaches_the_same_service_without_a_socket(paiflow_mock):
    paiflow_mock.add_run("flow-1", "Failed")
    client = paiflow_mock.client(
        transport=paiflow_mock.transport(), endpoint="https://paiflow.cn-hangzhou.aliyuncs.com"
    )

    assert "Failed" == status(client)
    assert "paiflow.cn-hangzhou.aliyuncs.com" == paiflow_mock.requests[-1].headers["host"]


def test_a_client_of_one_s_own_is_served_hours_later(paiflow_mock):
    """It goes by the machine's clock, and cannot know."""
    paiflow_mock.add_run("flow-1", [(0, "Running"), ("5h", "Succeeded")])
    paiflow_mock.advance(5 * 3600)

    with paiflow.PaiFlow(endpoint=paiflow_mock.endpoint, credentials=paiflow_mock.credentials, retries=0) as client:
        assert "Succeeded" == status(client)


def test_the_environment_leads_a_client_there(paiflow_mock, monkeypatch):
    for name, value in paiflow_mock.environment.items():
        monkeypatch.setenv(name, value)

    with paiflow.PaiFlow() as client:
        assert "Running" == status(client, RUN)


def test_what_was_asked_is_kept_decoded_whatever_became_of_it(paiflow_mock):
    client = paiflow_mock.client(workspace_id="948", retries=0)
    with paiflow_mock.fault("reset"), pytest.raises(paiflow.TransportError):
        client.list_pipeline_runs_status(pipeline_runs=["flow-1"])
    httpx.put(f"{paiflow_mock.endpoint}/no%20where?a=b", content=b"[1]", trust_env=False)
    first, second = paiflow_mock.requests

    assert ("PUT", "/api/v1/pipelineruns") == (first.method, first.path)
    assert {"PipelineRuns": ["flow-1"], "WorkspaceId": "948"} == first.body
    assert "ListPipelineRunsStatus" == first.headers["x-acs-action"]
    assert ("/no%20where", {}) == (second.path, second.body)


def test_requests_of_many_threads_are_all_kept(paiflow_mock):
    client = paiflow_mock.client()

    def ask():
        for _ in range(10):
            status(client, RUN)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 40 == len(paiflow_mock.requests)


def test_faults_strike_the_calls_of_its_clients(paiflow_mock):
    client = paiflow_mock.client(retries=0)
    fault = paiflow_mock.fault("throttling", retry_after=2, times=1)

    with pytest.raises(paiflow.Throttled):
        status(client, RUN)
    assert "Running" == status(client, RUN)
    assert (2, 1) == (fault.calls, fault.strikes)


def test_a_scenario_is_played_from_a_file_or_as_it_was_read(paiflow_mock, tmp_path):
    path = tmp_path / "nightly.yaml"
    for number in (1, 2):
        path.write_text(f"scenario: s\nruns: [{{id: flow-{number}, status: Failed}}]", encoding="utf-8")
        paiflow_mock.play(path if number == 1 else load_scenario(path))

    assert ["Failed", "Failed"] == [status(paiflow_mock.client(), f"flow-{number}") for number in (1, 2)]


PASSING = """
import threading

seen = set()

def test_one(paiflow_mock):
    assert paiflow_mock.endpoint not in seen
    seen.add(paiflow_mock.endpoint)
    paiflow_mock.add_run("flow-1")
    assert "paiflow-mock" in {thread.name for thread in threading.enumerate()}

def test_two(paiflow_mock):
    paiflow_mock.add_run("flow-1", "Failed")

def test_after():
    assert "paiflow-mock" not in {thread.name for thread in threading.enumerate()}
"""

ASYNC = """
import pytest

@pytest.mark.asyncio
async def test_async(paiflow_mock):
    paiflow_mock.add_run("flow-1", [(0, "Running"), ("1h", "Succeeded")])
    async with paiflow_mock.async_client() as client:
        paiflow_mock.advance(3600)
        reply = await client.list_pipeline_runs_status(pipeline_runs=["flow-1"])
    assert "Succeeded" == reply.pipeline_runs[0].status
"""


@pytest.fixture
def run(pytester):
    """Runs pytest with the plugins of this environment, for which a warning is an error."""
    pytester.makeini("[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function")
    return pytester.runpytest


def test_the_plugin_gives_each_test_a_service_of_its_own_that_ends_with_it(pytester, run):
    pytester.makepyfile(PASSING)

    run().assert_outcomes(passed=3)


def test_the_plugin_works_in_async_tests(pytester, run):
    pytester.makepyfile(ASYNC)

    run().assert_outcomes(passed=1)


def test_the_plugin_tells_of_its_fixture(run):
    run("--fixtures").stdout.fnmatch_lines(["paiflow_mock*", "*A mock of the service on a free port*"])


def modules_of(pytester, source):
    """What is loaded at the end of a run of pytest, without plugins but ours, over one test that passes."""
    pytester.makeconftest("""
        import json, pathlib, sys

        def pytest_unconfigure():
            pathlib.Path("modules.json").write_text(json.dumps(sorted(sys.modules)), encoding="utf-8")
    """)
    pytester.makepyfile(source)
    command = [sys.executable, "-m", "pytest", "-p", "paiflow.pytest_plugin"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=pytester.path, env=environment, capture_output=True, check=True)
    return set(json.loads((pytester.path / "modules.json").read_text(encoding="utf-8")))


HEAVY = {"httpx", "uvicorn", "yaml", "jsonschema_rs", "paiflow.client.clients", "paiflow.mock", "paiflow_api"}


def test_pytest_loads_nothing_heavy_because_of_the_plugin_until_it_is_used(pytester):
    loaded = modules_of(pytester, "def test_one(): pass")
    used = modules_of(pytester, "def test_one(paiflow_mock): pass")

    assert "paiflow.pytest_plugin" in loaded
    assert set() == loaded & HEAVY
    assert used >= HEAVY


def test_the_plugin_is_found_by_pytest():
    assert ["paiflow.pytest_plugin"] == [point.value for point in entry_points(group="pytest11", name="paiflow")]


def test_another_user_sees_no_private_run(paiflow_mock):
    paiflow_mock.add_run("flow-1", Accessibility="PRIVATE")
    theirs = paiflow_mock.client(credentials=paiflow_mock.add_user())

    assert "Running" == status(paiflow_mock.client())
    assert [] == theirs.list_pipeline_runs_status(pipeline_runs=["flow-1"]).pipeline_runs


def test_it_holds_pipelines_workspaces_and_logs(paiflow_mock):
    paiflow_mock.add_run("flow-1", NodeId="node-1")
    paiflow_mock.add_logs("flow-1", "node-1", ["a", ("5s", "b")])
    paiflow_mock.add_workspace("7", name="seven")
    paiflow_mock.add_pipeline("pipeline-1", {"metadata": {"identifier": "a", "provider": "b", "version": "c"}})
    store = paiflow_mock.service.store

    assert ["a"] == store.log("flow-1", "node-1").lines(paiflow_mock.clock.now())
    assert ("seven", "a") == (
        store.workspaces.get("7").current["WorkspaceName"],
        store.pipelines.get("pipeline-1").current["Identifier"],
    )


def test_a_request_is_recorded_with_its_operation_and_query_and_shows_no_secret(paiflow_mock):
    paiflow_mock.client().list_pipeline_runs_status(pipeline_runs=["flow-1"])
    httpx.get(f"{paiflow_mock.endpoint}/api/v1/pipelineruns/a?TokenId=a%20token&TokenId=", trust_env=False)

    first, second = paiflow_mock.requests

    assert ("ListPipelineRunsStatus", "") == (first.operation, second.operation)
    assert ({}, {"TokenId": ""}) == (first.query, second.query)
    assert "Signature" not in repr(first)
    assert "token" not in repr(second)


def test_it_may_start_empty():
    with PaiFlowMock(sample=False, behaviour=Behaviour(node_takes=1)) as mock:
        assert [] == mock.client().list_pipeline_runs_status(pipeline_runs=[RUN]).pipeline_runs
        assert 1 == mock.service.behaviour.node_takes
