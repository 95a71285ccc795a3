"""Right reads show whether what the mock assumes holds of a service: tried on mocks that behave otherwise."""

from urllib.parse import urlsplit

import attrs
import pytest
from contract.runs import judged, variables

from paiflow import PaiFlow
from paiflow.contract.command import Options
from paiflow.contract.manifests import Manifest, Step
from paiflow.contract.suites import assumptions
from paiflow.mock import ASSUMPTIONS, Behaviour, HandClock, MockService, MockTransport, operations, serve

STEPS = (Step("load", outputs=[("raw", "DataSet")]), Step("more", steps=[Step("inner")]))
BY_READS = set(assumptions.PROBES)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr("paiflow.contract.targets.PAUSE", 0)


def found_out(**behaviour):
    """What is found out of a mock in which there is something to try each on, and the requests that it got."""
    seen, clock = [], HandClock()
    service = MockService(clock=clock, behaviour=Behaviour(**behaviour), on_request=seen.append)
    runs = []
    with PaiFlow(
        endpoint="http://127.0.0.1", credentials=service.credentials, transport=MockTransport(service)
    ) as client:
        for number in range(12):
            client.create_pipeline(workspace_id="948", manifest=Manifest(f"p-{number}", STEPS).text)
        for name in ("ended", "deleted", "Running"):
            new = client.create_pipeline_run(workspace_id="948", pipeline_manifest=Manifest("a", STEPS).text, name=name)
            runs.append(new.pipeline_run_id)
            clock.advance(15)
        client.delete_pipeline_run(runs[1])
    service.stage.add_run("flow-running", "Running", name="running")
    del seen[:]
    with serve(service) as endpoint:
        away = f"http://paiflow.cn-test.example.com:{urlsplit(endpoint).port}"
        known = {"PAIFLOW_CONTRACT_RUNS": f"{runs[0]},{runs[1]}", "PAIFLOW_WORKSPACE_ID": "948"}
        options = Options(endpoint=away, resolve="127.0.0.1", allow_http=True)
        finished = judged(options, **variables(service.credentials), **known)
    lines = [line.split() for line in finished.text.partition("of this service:")[2].splitlines()]
    told = {line[-1] if "refuted" not in line else line[1].rstrip(":"): line[0] for line in lines if len(line) > 1}
    return finished, told, seen


def names(told, word):
    """The assumptions of which this was found out."""
    return {one.name for one in ASSUMPTIONS if told[one.name] == word}


def test_of_our_mock_all_hold_that_right_reads_can_try():
    finished, told, seen = found_out()

    assert finished.status == 0, finished.text
    assert names(told, "refuted") == set()
    assert names(told, "held") == BY_READS
    assert {dict(request.headers)["x-acs-action"] for request in seen} == {
        name for name in operations.ROWS if name.startswith(("Get", "List"))
    }


@pytest.mark.parametrize(
    ("name", "operation", "otherwise"),
    [
        ("default-order", "ListPipelineRuns", lambda row: attrs.evolve(row, order="ASC")),
        ("page-sizes", "ListPipelines", lambda row: attrs.evolve(row, size=12)),
        ("manifest-types", "GetPipelineRun", lambda row: lambda call: frozen(row(call), call)),
        ("deleted-runs", "ListPipelineRuns", lambda row: lambda call: row(without(call, "PipelineRunId"))),
        ("duration", "ListPipelineRuns", lambda row: with_each("PipelineRuns", row, Duration=5)),
        ("run-uri", "ListPipelineRuns", lambda row: with_each("PipelineRuns", row, PipelineRunUri="https://x/")),
        ("batch-order", "ListPipelineRunsStatus", lambda row: lambda call: reversed_runs(row(call))),
        ("output-names", "ListPipelineRunNodeOutputs", lambda row: lambda call: {**row(call), **nothing(call)}),
        ("status-depth", "ListPipelineRunNodeStatus", lambda row: lambda call: {"Status": row(call)["Status"][1:]}),
    ],
)
def test_what_a_service_does_otherwise_is_refuted(monkeypatch, name, operation, otherwise):
    monkeypatch.setitem(operations.ROWS, operation, otherwise(operations.ROWS[operation]))

    _, told, _ = found_out()

    assert told[name] == "refuted"


def test_an_offset_that_counts_pages_is_told_from_one_that_counts_lines():
    finished, told, _ = found_out(log_offset="pages")

    assert {"log-offset"} == names(told, "refuted")
    assert finished.status == 0, "what the mock assumes is no promise of the service"


def without(call, name):
    return attrs.evolve(call, parameters={one: value for one, value in call.parameters.items() if one != name})


def with_each(listed, row, **more):
    def answer(call):
        reply = row(call)
        return {**reply, listed: [{**one, **more} for one in reply[listed]]}

    return answer


def reversed_runs(reply):
    return {**reply, "PipelineRuns": reply["PipelineRuns"][::-1]}


def nothing(call):
    return {"Outputs": []} if call.get("Name") else {}


def frozen(reply, call):
    return {**reply, "Manifest": "{}"} if call.get("ManifestType") == "Frozen" else reply
