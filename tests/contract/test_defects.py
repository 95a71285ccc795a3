"""Each known defect turns the suite red, and the report names the check that caught it; without one it is green.

A sample of the tables runs by default, all with CONTRACT_DEFECTS=all in the environment.
"""

import json
import re
import time
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from contract import later_defects, operation_defects
from contract.defects import DEFECTS, HELD_OUT, OF_OPERATIONS, proxied
from contract.runs import ALL, FEW, SWIFT, judged, judged_behind, variables, variables_of_another

from paiflow import Credentials, PaiFlow
from paiflow.contract import report
from paiflow.contract.answers import ANSWERS
from paiflow.contract.command import Options
from paiflow.contract.session import Finding
from paiflow.mock import MockService, MockTransport, serve

OWNER = Credentials("LTAI5tOwner0000", "SecretOfTheOwner")
OTHER = Credentials("LTAI5tOtherUser", "SecretOfTheOtherUser")

QUICK = 60
"""Seconds of a processor that a run may take."""

# By the defect: the cases that are enough to find it, and the check that does.
SAMPLE = {
    "leaves-out-the-outputs": ("lookups/nodes", "what-exists-is-told-as-it-is"),
    "request-id-differs-from-the-header": ("lookups/runs", "the-request-id-is-in-header-and-body"),
    "accepts-replays": ("authentication/replayed", "the-refusal-is-the-right-one"),
    "no-allow-with-405": ("protocol/method", "a-405-names-the-methods"),
    "fails-once-in-fifty": ("lookups/runs", "the-status-is-described"),
    "takes-ids-for-regular-expressions": ("lookups/runs", "only-what-was-asked-for-comes-back"),
}
SAMPLE_OF_OPERATIONS = {
    "ListPipelineRuns-ignores-Status": "only-what-was-asked-for-comes-back",
    "ListPipelines-counts-the-page-only": "pages-hold-all",
    "ListPipelineRunNodeLogs-loses-a-line": "a-log-is-whole",
    "CreatePipelineRun-creates-two": "what-exists-is-told-as-it-is",
    "DeletePipelineRun-does-nothing": "the-refusal-is-the-right-one",
    "StartPipelineRun-takes-runs-in-any-state": "the-refusal-is-the-right-one",
    "RerunPipelineRun-runs-again-what-has-succeeded": "what-exists-is-told-as-it-is",
    "shows-everybody-what-the-owner-sees": "the-refusal-is-the-right-one",
}
CHOSEN = sorted({**DEFECTS, **HELD_OUT}) if ALL else sorted(SAMPLE)
CHOSEN_OF_OPERATIONS = sorted(OF_OPERATIONS) if ALL else sorted(SAMPLE_OF_OPERATIONS)


def test_there_are_enough():
    """Of every operation; and nine of ten that the suite had not been tried on were found at first."""
    concerned = {defect.operation for defect in OF_OPERATIONS.values()}

    assert len(DEFECTS) >= 40
    assert len(HELD_OUT) >= 24
    assert set(operation_defects.NAMES) - {"ListPipelineRunsStatus"} <= concerned
    assert not DEFECTS.keys() & HELD_OUT.keys()
    unseen = {*operation_defects.UNSEEN, *later_defects.UNSEEN}
    assert unseen <= set(OF_OPERATIONS)
    assert len(unseen) < len(OF_OPERATIONS) / 10


def test_each_held_out_names_the_promise_that_it_breaks():
    assert [name for name, defect in HELD_OUT.items() if not (defect.behave.__doc__ or "").endswith(".")] == []


@pytest.mark.parametrize("name", CHOSEN)
def test_a_defect_turns_it_red(name):
    only, check = SAMPLE.get(name, ("", ""))
    options = Options(examples=FEW, only=only, operation="ListPipelineRunsStatus")
    finished = judged_behind(name, options)

    assert finished.status == 1, finished.text
    assert not check or check in finished.failed
    assert re.search(r"repeat    scripts/contract --endpoint http://", finished.text)


@pytest.mark.parametrize("name", CHOSEN_OF_OPERATIONS)
def test_a_defect_of_an_operation_turns_it_red(name):
    defect = OF_OPERATIONS[name]
    narrow = defect.operation if defect.only.partition("/")[0] in ("lists", "lookups", "protocol") else ""
    options = Options(examples=FEW, only=defect.only, operation=narrow)
    finished = judged_behind(name, options, credentials=OWNER, other=OTHER)

    assert finished.status == 1, finished.text
    assert SAMPLE_OF_OPERATIONS.get(name, next(iter(finished.failed))) in finished.failed


def test_without_a_defect_it_is_green_and_leaves_what_was_there():
    """All suites, behind the proxy, with a second user and temporary credentials, in good time; and some once more."""
    temporary = Credentials("STS.key", "secret-of-the-key", "token+of/it==")
    service = MockService([temporary, OTHER], behaviour=SWIFT)
    environ = {**variables(temporary), **variables_of_another(OTHER)}
    with serve(service) as upstream, proxied(upstream, temporary) as endpoint:
        before, began = everything(service), time.process_time()
        finished = judged(Options(endpoint=endpoint, examples=FEW), **environ)
        took = time.process_time() - began
        after = everything(service)
        again = judged(Options(endpoint=endpoint, only="lookups", operation="GetPipelineRun"), **environ)

    assert finished.status == 0, finished.text
    assert took < QUICK, "seconds of a processor, of the mock and the proxy too"
    lines = [line.split() for line in finished.text.splitlines()]
    for suite in ("life", "lookups", "lists", "authentication", "protocol", "generated/coverage", "endings"):
        assert any(line[:1] == [suite] for line in lines), suite
    for operation in ANSWERS:
        [counted] = [line for line in lines if line[:1] == [operation] and len(line) == 5]
        assert all(int(count) > 0 for count in counted[1:]), counted
    assert "not checked:" in finished.text
    assert "another user" not in finished.text
    assert before == after
    assert again.status == 0, again.text


def everything(service):
    """All that a mock shows of its runs and pipelines."""
    with PaiFlow(
        endpoint="http://127.0.0.1", credentials=service.credentials, transport=MockTransport(service)
    ) as client:
        runs = [run.to_dict() for run in client.iter_pipeline_runs()]
        details = [client.get_pipeline_run(run["PipelineRunId"], verbose=True).to_dict() for run in runs]
        pipelines = [pipeline.to_dict() for pipeline in client.iter_pipelines()]
    return runs, [{**one, "RequestId": ""} for one in details], pipelines


def test_a_report_of_failures_holds_no_secret(tmp_path):
    credentials = Credentials("STS.key", "secret-of-the-key", "token+of/it==")
    machines = Options(
        examples=FEW,
        only="authentication/a signature that is",
        operation="ListPipelineRunsStatus",
        json=str(tmp_path / "contract.json"),
        junit=tmp_path / "contract.xml",
    )
    finished = judged_behind("accepts-any-signature", machines, credentials=credentials)
    written = [Path(machines.json).read_text(encoding="utf-8"), unescape(machines.junit.read_text(encoding="utf-8"))]
    echoing = judged_behind(
        "accepts-weak-signatures",
        Options(only="authentication/host is not", operation="ListPipelineRunsStatus"),
        credentials=credentials,
    )

    assert "FAILED" in finished.text
    assert "FAILED" in echoing.text
    assert not json.loads(written[0])["conforms"]
    for text in (finished.text, echoing.text, *written):
        for secret in ("secret-of-the-key", "token+of/it==", "STS.key"):
            assert secret not in text
        assert not re.search(r"[0-9a-f]{64}", text)
        # One case asks with a query that looks like an older signature; it is none.
        assert "Signature=" not in text.replace("Signature=***", "").replace("?Signature=1&AccessKeyId=2", "")


def test_what_a_service_echoes_is_redacted_for_machines_too():
    account = Credentials("STS.key", "secret-of-the-key", "token+of/it==")
    request = SimpleNamespace(method="PUT", target="/", header=lambda _: None, body=b"secret-of-the-key")
    reply = SimpleNamespace(status=400, header=lambda _: None, body=b"token+of/it== STS.key")
    finding = Finding(
        "some-check", "said secret-of-the-key", "suite", "case", SimpleNamespace(request=request, reply=reply)
    )
    session = SimpleNamespace(
        endpoint="http://127.0.0.1:1",
        tallies={},
        findings=[finding],
        accounts=[account],
        operations={},
        unchecked=[],
        assumptions={},
    )
    text = report.as_json(session)

    assert [secret for secret in ("secret-of-the-key", "token+of/it==", "STS.key") if secret in text] == []
    assert json.loads(text)["findings"][0]["message"] == "said ***"
