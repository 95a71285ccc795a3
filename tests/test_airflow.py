"""The parts of paiflow.airflow that decide, without Airflow: settings, keys, adoption, endings, shared polls."""

import asyncio
import copy
import json
from contextlib import asynccontextmanager
from importlib.util import find_spec
from types import SimpleNamespace

import attrs
import pytest

import paiflow
from paiflow.airflow import get_provider_info, waiting
from paiflow.airflow.endings import Ending
from paiflow.airflow.runs import KEY, failures, key_of, look, outputs_of, run_ids, submit_or_adopt
from paiflow.airflow.settings import Settings
from paiflow.mock import Behaviour, PaiFlowMock

WORKSPACE = "84028"
MANIFEST = {
    "metadata": {"identifier": "a", "provider": "b", "version": "c"},
    "spec": {
        "pipelines": [
            {
                "metadata": {"identifier": "step", "name": name, "provider": "b", "version": "c"},
                "spec": {"outputs": {"artifacts": [{"name": "model", "metadata": {"type": {"Model": {}}}}]}},
            }
            for name in ("good", "bad")
        ]
    },
}


def connection(**given):
    empty = dict.fromkeys(["schema", "host", "port", "login", "password", "extra"])
    return SimpleNamespace(**{"conn_id": "c", **empty, **given})


@pytest.fixture
def mock():
    with PaiFlowMock(sample=False, behaviour=Behaviour(fails=("bad",))) as mock:
        mock.add_pipeline("pipeline-1", MANIFEST, workspace_id=WORKSPACE)
        yield mock


@pytest.fixture
def client(mock):
    return mock.client(workspace_id=WORKSPACE)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"extra": '{"region": "cn-hangzhou", "workspace_id": 948}'}, {"region": "cn-hangzhou", "workspace_id": "948"}),
        ({"extra": '{"region": "", "workspace_id": null, "vpc": "true"}'}, {"vpc": True}),
        ({"extra": '{"vpc": "false"}'}, {}),
        ({"host": "http://127.0.0.1:1"}, {"endpoint": "http://127.0.0.1:1"}),
        ({"host": "127.0.0.1", "port": 80, "schema": "http"}, {"endpoint": "http://127.0.0.1:80"}),
        ({"host": "example.com"}, {"endpoint": "example.com"}),
        ({"host": "a", "extra": '{"endpoint": "b"}'}, {"endpoint": "b"}),
        ({"login": "id", "password": "secret"}, {"credentials": paiflow.Credentials("id", "secret")}),
        (
            {"login": "id", "password": "secret", "extra": '{"security_token": "token"}'},
            {"credentials": paiflow.Credentials("id", "secret", "token")},
        ),
    ],
)
def test_settings_of_a_connection(given, expected):
    assert Settings(**expected) == Settings.of(connection(**given))


def test_a_task_s_workspace_wins():
    assert "7" == Settings.of(connection(extra='{"workspace_id": "1"}'), 7).workspace_id


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"extra": "[]"}, paiflow.ConfigurationError),
        ({"extra": "{"}, paiflow.ConfigurationError),
        ({"login": "id"}, paiflow.CredentialsError),
        ({"password": "a-secret"}, paiflow.CredentialsError),
    ],
)
def test_a_connection_that_will_not_do_is_an_error_without_its_secrets(given, error):
    with pytest.raises(error) as caught:
        Settings.of(connection(**given))

    assert "a-secret" not in str(caught.value)


def test_settings_show_no_secret_and_name_the_page_of_a_run():
    settings = Settings(
        region="cn-hangzhou", workspace_id="1", credentials=paiflow.Credentials("id", "a-secret", "a-token")
    )

    assert "a-secret" not in repr(settings)
    assert "a-token" not in repr(settings)
    assert settings.page("flow-a").endswith("regionId=cn-hangzhou&workspaceId=1#/studio/task/detail/flow-a")
    assert ["", "", ""] == [settings.page(""), Settings(region="r").page("a"), Settings(workspace_id="1").page("a")]


def test_the_provider_names_what_there_is():
    info = get_provider_info()
    named = [name for kind in ("operators", "sensors", "hooks", "triggers") for name in info[kind][0]["python-modules"]]

    assert all(find_spec(name) for name in named)
    assert json.dumps(info)


def test_keys_differ_by_task_and_stay_short():
    keys = [key_of("d", "r", "t"), key_of("d", "r", "t", 0), key_of("d", "r", "t", 1), key_of("d", "r2", "t", -1)]
    long = [key_of("d" * 200, "r", task) for task in ("a", "b")]

    assert ["airflow/d/r/t", "airflow/d/r/t/0", "airflow/d/r/t/1", "airflow/d/r2/t"] == keys
    assert 2 == len(set(long))
    assert [KEY, KEY] == list(map(len, long))


def test_an_id_or_several_are_ids():
    assert ["a"] == run_ids("a")
    assert ["a", "b"] == run_ids(("a", "b"))
    for wrong in ([], "", "a,b"):
        with pytest.raises(paiflow.InvalidRequest):
            run_ids(wrong)


def created(mock):
    return sum(request.operation == "CreatePipelineRun" for request in mock.requests)


def test_a_try_adopts_what_is_active_or_has_succeeded(mock, client):
    good = {"pipeline_id": "pipeline-1", "start": False}
    first = submit_or_adopt(client, "key", good)
    second = submit_or_adopt(client, "key", good)

    assert (first[0], True) == second
    assert False is first[1]
    mock.service.behaviour = attrs.evolve(mock.service.behaviour, fails=())
    client.start_pipeline_run(first[0])
    mock.advance(60)
    assert "succeeded" == look(client, [first[0]]).outcomes[first[0]]
    assert (first[0], True) == submit_or_adopt(client, "key", good)
    assert 1 == created(mock)


@pytest.mark.parametrize("end", ["Failed", "Terminated", "deleted"])
def test_a_try_starts_anew_only_after_an_end_that_is_no_success(mock, client, end):
    arguments = {"pipeline_id": "pipeline-1"}
    first, _ = submit_or_adopt(client, "key", arguments)
    if end != "Failed":
        client.terminate_pipeline_run(first)
    mock.advance(60)
    if end == "deleted":
        client.delete_pipeline_run(first)
    second = submit_or_adopt(client, "key", arguments)
    again = submit_or_adopt(client, "key", arguments)

    assert first != second[0]
    assert (False, (second[0], True)) == (second[1], again)
    assert 2 == created(mock)


def test_a_status_of_which_nothing_is_known_is_adopted_and_not_taken_for_an_end(mock, client):
    first, _ = submit_or_adopt(client, "key", {"pipeline_id": "pipeline-1"})
    with mock.fault("unknown-status", operation="ListPipelineRunsStatus"):
        assert (first, True) == submit_or_adopt(client, "key", {"pipeline_id": "pipeline-1"})
    assert 1 == created(mock)


def test_a_run_that_was_deleted_does_not_count_though_the_service_still_lists_it():
    run = {"pipeline_run_id": "flow-a", "status": "Succeeded"}
    stub = SimpleNamespace(
        iter_pipeline_runs=lambda **filters: [paiflow.PipelineRunSummary(**run, source_id=filters["source_id"])],
        statuses=lambda ids, **_: SimpleNamespace(runs=[paiflow.PipelineRunState(**run, is_deleted=True)]),
        submit=lambda **arguments: arguments["once"],
    )

    assert ("key", False) == submit_or_adopt(stub, "key", {})


def test_without_a_key_each_try_makes_a_run(mock, client):
    ids = {submit_or_adopt(client, None, {"pipeline_id": "pipeline-1"})[0] for _ in range(2)}

    assert 2 == len(ids) == created(mock)


def test_a_failure_is_told_with_the_ends_of_the_logs(mock, client):
    run_id = client.submit(pipeline_id="pipeline-1")
    mock.advance(60)
    lines = list(failures(client, run_id))
    [node] = [
        one
        for one in client.list_pipeline_run_node_status(run_id, client.get_pipeline_run(run_id).node_id, depth=9).status
        if one.node_name == "bad"
    ]
    log = list(client.iter_pipeline_run_node_logs(run_id, node.node_id))

    assert f"{run_id} Failed: failed: bad" == lines[0]
    assert [f"node bad {node.node_id} failed; the last lines of its log:", *(f"  {line}" for line in log)] == lines[1:]
    assert log


def test_a_failure_that_cannot_be_looked_up_says_so(mock, client):
    assert ["the failure cannot be looked up: "] == [line[:33] for line in failures(client, "flow-none")]
    run_id = client.submit(pipeline_id="pipeline-1")
    mock.advance(60)
    with mock.fault("expired-token", operation="ListPipelineRunNodeLogs"):
        assert any("its log cannot be read: " in line for line in failures(client, run_id))


def test_outputs_are_as_the_service_has_them(mock, client):
    mock.service.behaviour = attrs.evolve(mock.service.behaviour, fails=())
    run_id = client.submit(pipeline_id="pipeline-1")
    mock.advance(60)
    outputs = outputs_of(client, run_id)

    assert ["model", "model"] == [output["Name"] for output in outputs]
    assert json.dumps(outputs)


def test_a_look_is_one_attempt_and_what_waiting_mends_is_no_news(mock, client):
    mock.add_run("flow-a", "Succeeded", workspace_id=WORKSPACE)
    assert Ending({"flow-a": "succeeded", "flow-b": "unknown"}, {"flow-a": "Succeeded", "flow-b": None}) == look(
        client, ["flow-a", "flow-b"]
    )
    before = len(mock.requests)
    with mock.fault("throttling"):
        assert Ending({}, {}) == look(client, ["flow-a"])
    assert before + 1 == len(mock.requests)
    with mock.fault("expired-token"), pytest.raises(paiflow.AccessDenied):
        look(client, ["flow-a"])


ENDINGS = {
    "Succeeded": ("succeeded", True, True),
    "Failed": ("failed", False, True),
    "Terminated": ("stopped", False, True),
    "Suspended": ("stopped", False, True),
    "Running": ("active", False, False),
    "Unknown": ("unknown", False, False),
    "New": ("unknown", False, False),
}


@pytest.mark.parametrize("status", ENDINGS)
def test_an_event_says_what_became_of_a_run_and_unknown_is_no_success(mock, client, status):
    mock.add_run("flow-a", status, workspace_id=WORKSPACE)
    outcome, succeeded, ended = ENDINGS[status]
    try:
        ending = Ending.of(client.wait(["flow-a"], timeout="1h"))
    except paiflow.WaitTimedOut as error:
        ending = Ending.of(error.result, error)

    assert ending == Ending.of_event(json.loads(json.dumps(ending.event())))
    assert (outcome, succeeded, ended) == (ending.outcomes["flow-a"], ending.succeeded, ending.ended)
    assert (ending.problem is None) is ended
    assert succeeded or f"flow-a {outcome} ({status})" in str(ending)


@pytest.mark.parametrize(
    ("deadline", "seconds"), [(None, None), (1100.0, 100.0), (1001.0, waiting.LAST_LOOK), (5.0, waiting.LAST_LOOK)]
)
async def test_a_deadline_is_a_moment_so_that_a_restart_does_not_put_it_off(monkeypatch, deadline, seconds):
    given = []

    class Recorder:
        async def wait(self, ids, *, timeout):  # noqa: ASYNC109 - as the poller has it
            given.append((ids, timeout))
            return paiflow.WaitResult([])

    @asynccontextmanager
    async def recording(_):
        yield Recorder()

    monkeypatch.setattr(waiting, "shared_poller", recording)
    await waiting.ending_of(Settings(), ["flow-a"], deadline, lambda: 1000.0)

    assert [(["flow-a"], seconds)] == given


@pytest.mark.parametrize("event", [None, {}, "x", {"outcomes": {}}, {"outcomes": None}, {"outcomes": {"a": "unknown"}}])
def test_an_event_that_does_not_say_success_is_none(event):
    assert not Ending.of_event(event).succeeded
    assert str(Ending.of_event(event))


async def test_equal_settings_share_a_poller_and_the_last_user_takes_it_away(mock):
    for number in range(30):
        mock.add_run(f"flow-{number}", "Succeeded", workspace_id=WORKSPACE)
    settings = [
        Settings(endpoint=mock.endpoint, workspace_id=WORKSPACE, credentials=copy.copy(mock.credentials))
        for _ in range(30)
    ]
    other = attrs.evolve(settings[0], workspace_id="7")
    async with waiting.shared_poller(settings[0]) as first, waiting.shared_poller(other) as second:
        assert first is not second
    endings = await asyncio.gather(
        *(waiting.ending_of(one, [f"flow-{number}"], None) for number, one in enumerate(settings))
    )

    assert all(ending.succeeded for ending in endings)
    assert 1 == len(mock.requests)
    assert {} == waiting._SHARED
