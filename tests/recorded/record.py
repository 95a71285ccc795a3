"""Record anew what tests/test_recorded.py replays: `.venv/bin/python tests/recorded/record.py`, with scripts/ on PYTHONPATH.

    documented_sample.har   the vendor's page's sample, as a reply
    mock.har                a mock with runs in many states, its refusals, and its faults

They are written as `scripts/contract --record` writes, so without secrets and account ids. An entry's comment is its name.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paiflow.contract import recording, targets
from paiflow.contract.checks import Exchange
from paiflow.contract.http import Reply, Request
from paiflow.contract.manifests import Manifest, Step
from paiflow.contract.session import Session
from paiflow.contract.targets import SAMPLE_RUN
from paiflow.credentials import KEY_ID, KEY_SECRET, Credentials
from paiflow.mock import MockService, serve
from tooling.generation import effective_description

HERE = Path(__file__).parent
NODE = {"PipelineRunId": SAMPLE_RUN, "NodeId": "node-hynm2bv8wqhp5esfx1"}
MASKED = {"PipelineRunId": "flow-dsjfk******jdskls", "NodeId": "node-obpzu*******418grb7"}
RUN = {"PipelineRuns": [SAMPLE_RUN]}
SAMPLE_OF_DETAILS = "flow-j94y**********lf7a"
STATUSES = "ListPipelineRunsStatus"

# Runs and nodes besides the sample's: one in each state, and some of a shape of their own.
RUN_STATUSES = (
    "Initialized",
    "Running",
    "Succeeded",
    "Failed",
    "Suspended",
    "Terminated",
    "Skipped",
    "Unknown",
    "Hibernating",
)
STATES = [f"flow-{status.lower()}" for status in RUN_STATUSES]

# What is asked for, by the entry's name: parameters, or a whole body with its content type.
ASKED: dict[str, Any] = {
    "sample/run": RUN,
    "sample/node": {"Nodes": [NODE]},
    "sample/masked output": {"Nodes": [MASKED]},
    "sample/both lists": {**RUN, "Nodes": [NODE]},
    "sample/its workspace": {**RUN, "WorkspaceId": "948"},
    "sample/another workspace": {**RUN, "WorkspaceId": "949"},
    "sample/output type": {"Nodes": [MASKED], "OutputType": "DataSet"},
    "sample/another output type": {"Nodes": [MASKED], "OutputType": "Model"},
    "sample/twice": {"PipelineRuns": [SAMPLE_RUN, SAMPLE_RUN]},
    "sample/a stranger": {"PipelineRuns": ["flow-0000000000000stranger"]},
    "sample/an unknown field": {**RUN, "Colour": "blue"},
    "states/all": {"PipelineRuns": STATES},
    **{f"states/{run}": {"PipelineRuns": [run]} for run in STATES},
    "states/nodes": {"Nodes": [{"PipelineRunId": "flow-running", "NodeId": "node-1"}]},
    "states/node that has not begun": {"Nodes": [{"PipelineRunId": "flow-running", "NodeId": "node-2"}]},
    "states/run of another account": {"PipelineRuns": ["flow-odd"]},
    "states/node without times": {"Nodes": [{"PipelineRunId": "flow-odd", "NodeId": "node-null"}]},
    "refused/no parameters": {},
    "refused/empty list": {"PipelineRuns": []},
    "refused/no list": {"PipelineRuns": "flow-a"},
    "refused/no node id": {"Nodes": [{"PipelineRunId": SAMPLE_RUN}]},
    "refused/output type": {"Nodes": [NODE], "OutputType": "Any"},
}

# One call of each operation at least, by the entry's name.
OWN = "flow-own"
ROOT = {"PipelineRunId": SAMPLE_OF_DETAILS, "NodeId": "node-n06d**********fc53"}
MANIFEST = Manifest("recorded", [Step("a", outputs=[("model", "Model")]), Step("b", after=["a"])]).text
CHANGED = Manifest("recorded", [Step("c")], version="v2").text
CALLED: dict[str, tuple[str, dict[str, Any]]] = {
    "called/workspaces": ("ListWorkspaces", {"PageSize": 2, "SortBy": "GmtCreateTime", "Order": "DESC"}),
    "called/workspaces by id": ("ListWorkspaces", {"WorkspaceIds": ["948", "nothing"], "Verbose": True}),
    "called/limits": ("ListWorkspaces", {"Option": "GetResourceLimits"}),
    "called/pipelines": ("ListPipelines", {"PageSize": 2}),
    "called/pipeline": ("GetPipeline", {"PipelineId": "pipeline-hynm2bv8wqhp5e****"}),
    "called/no pipeline": ("GetPipeline", {"PipelineId": "pipeline-of-nobody"}),
    "called/create pipeline": ("CreatePipeline", {"WorkspaceId": "948", "Manifest": MANIFEST}),
    "called/create pipeline of nothing": ("CreatePipeline", {"WorkspaceId": "948", "Manifest": "nothing"}),
    "called/update pipeline": ("UpdatePipeline", {"PipelineId": "pipeline-hynm2bv8wqhp5e****", "Manifest": CHANGED}),
    "called/delete pipeline": ("DeletePipeline", {"PipelineId": "pipeline-c0h44g3wlwkj8o*****"}),
    "called/delete no pipeline": ("DeletePipeline", {"PipelineId": "pipeline-of-nobody"}),
    "called/runs": ("ListPipelineRuns", {"Status": "Succeeded", "PageSize": 2, "SortBy": "GmtCreateTime"}),
    "called/no runs": ("ListPipelineRuns", {"Name": "nothing"}),
    "called/create run": ("CreatePipelineRun", {"WorkspaceId": "948", "PipelineManifest": MANIFEST, "Name": "運行"}),
    "called/run": ("GetPipelineRun", {"PipelineRunId": SAMPLE_OF_DETAILS}),
    "called/run with details": ("GetPipelineRun", {"PipelineRunId": SAMPLE_OF_DETAILS, "Verbose": True}),
    "called/run with a token": (
        "GetPipelineRun",
        {"PipelineRunId": SAMPLE_OF_DETAILS, "TokenId": "SecretOfAShareMock"},
    ),
    "called/rename": ("UpdatePipelineRun", {"PipelineRunId": OWN, "Name": "renamed"}),
    "called/start": ("StartPipelineRun", {"PipelineRunId": OWN}),
    "called/terminate": ("TerminatePipelineRun", {"PipelineRunId": OWN}),
    "called/rerun": ("RerunPipelineRun", {"PipelineRunId": "flow-failed"}),
    "called/rerun too early": ("RerunPipelineRun", {"PipelineRunId": OWN}),
    "called/delete": ("DeletePipelineRun", {"PipelineRunId": "flow-initialized"}),
    "called/delete too early": ("DeletePipelineRun", {"PipelineRunId": OWN}),
    "called/node": ("GetPipelineRunNode", {**ROOT, "Depth": 3}),
    "called/node statuses": ("ListPipelineRunNodeStatus", {**ROOT, "Depth": 3}),
    "called/outputs": ("ListPipelineRunNodeOutputs", {**MASKED, "Depth": 1, "Type": "DataSet"}),
    "called/logs": ("ListPipelineRunNodeLogs", {**ROOT, "NodeId": "node-1jlzg7ncv0j6i3****", "Keyword": "a"}),
}

# Signed wrongly, by the entry's name: how, as for `paiflow.contract.signer.sign`.
WRONG: dict[str, dict[str, Any]] = {
    "signature/stale": {"shift": -3600},
    "signature/no nonce": {"acs": {"x-acs-signature-nonce": None}},
    "signature/no action": {"acs": {"x-acs-action": None}},
    "signature/another version": {"acs": {"x-acs-version": "2020-01-01"}},
    "signature/wrong secret": {"credentials": Credentials("LTAI5tRecordedMock", "AnotherSecretThanTheMocks")},
    "signature/unknown key": {"credentials": Credentials("LTAI5tOfNobody000", "AnotherSecretThanTheMocks")},
}

FAULTS: dict[str, dict[str, Any]] = {
    "throttling": {"retry_after": "2s"},
    "throttling as 429": {"status": 429, "retry_after": "3s", "form": "s"},
    "internal-error": {},
    "bad-gateway": {},
    "unavailable": {"retry_after": "1s"},
    "reset": {},
    "truncated": {},
    "unknown-status": {},
    "unknown-fields": {},
    "nulls": {},
    "expired-token": {},
}


def main() -> None:
    """Write both recordings."""
    for name, session in (("documented_sample", documented_sample), ("mock", mock)):
        with tempfile.TemporaryDirectory() as folder, session() as exchanged:
            with recording.recorded(Path(folder), [exchanged], {}):
                pass
            [made] = Path(folder).iterdir()
            (HERE / f"{name}.har").write_bytes(made.read_bytes())


@contextlib.contextmanager
def documented_sample() -> Iterator[Session]:
    """Give a session in which a service answered with the documented sample."""
    with playing(MockService()) as session:
        sample = json.dumps(session.interface.sample(STATUSES)).encode()
        headers = (
            ("content-type", "application/json;charset=utf-8"),
            ("x-acs-request-id", "473469C7-****-****-****-A3DC0DE3C83E"),
        )
        letter = {**MASKED, "NodeId": f"{MASKED['NodeId']}\n"}
        asked = session.build(STATUSES, {**RUN, "Nodes": [NODE, letter]}, host="paiflow.cn-hangzhou.aliyuncs.com")
        session.journal.append(Exchange(asked, Reply(200, headers, sample), place="documented/sample"))
        session.endpoint = "https://paiflow.cn-hangzhou.aliyuncs.com"
        yield session


@contextlib.contextmanager
def mock() -> Iterator[Session]:
    """Give a session with a mock that was asked for everything."""
    service = MockService([Credentials("LTAI5tRecordedMock", "SecretOfTheRecordedMock")])
    furnish(service)
    with playing(service) as session:
        for name, parameters in ASKED.items():
            send(session, name, session.build(STATUSES, parameters))
        for name, (operation, arguments) in CALLED.items():
            send(session, name, session.build(operation, arguments))
        for name, how in WRONG.items():
            send(session, name, session.build(STATUSES, RUN, **how))
        send(session, "http/method", session.build(STATUSES, RUN, method="DELETE"))
        send(session, "http/content type", session.build(STATUSES, RUN, content_type="text/plain"))
        send(session, "http/path", session.build(STATUSES, RUN, path="/api/v1/pipelinejobs"))
        send(session, "http/body that is not JSON", session.build(STATUSES, {}, body=b'{"PipelineRuns": ["flow-a"'))
        for name, settings in FAULTS.items():
            with service.faults.add(name.partition(" ")[0], **settings):
                send(
                    session,
                    f"fault/{name}",
                    session.build(STATUSES, {**RUN, "Nodes": [NODE]} if name == "nulls" else RUN),
                )
        yield session


def furnish(service: MockService) -> None:
    """Add to a mock what is asked for besides the sample."""
    service.stage.add_run(OWN, "Initialized", name="a run of ours")
    for run, status in zip(STATES, RUN_STATUSES, strict=True):
        service.stage.add_run(run, status, name=f"a run that is {status}")
    service.stage.add_node("flow-running", "node-1", "Succeeded", name="dataSource")
    service.stage.add_node("flow-running", "node-2", "ReadyToSchedule")
    value = json.dumps({"location": {"bucket": "b", "rolearn": "acs:ram::1557702098194904:role/pai"}})
    service.stage.add_output("flow-running", "node-1", "artifact-1", name="model", output_type="Model", value=value)
    service.stage.add_run(
        "flow-odd", "Running", name="", UserId="1557702098194904", ParentUserId=284567890123456789, NodeId=None
    )
    service.stage.add_node("flow-odd", "node-null", "Running", StartedAt="", FinishedAt=None)


@contextlib.contextmanager
def playing(service: MockService) -> Iterator[Session]:
    """Serve a mock, and give a session with it."""
    environ = {KEY_ID: service.credentials.access_key_id, KEY_SECRET: service.credentials.access_key_secret}
    with (
        serve(service) as endpoint,
        targets.at_endpoint(
            endpoint, None, allow_http=False, environ=environ, document=effective_description()
        ) as target,
    ):
        yield target.session


def send(session: Session, name: str, request: Request) -> None:
    """Send a request under a name."""
    suite, _, case = name.partition("/")
    with session.suite(suite), session.case(case):
        session.send(request)


if __name__ == "__main__":
    main()
