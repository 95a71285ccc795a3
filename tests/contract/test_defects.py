"""Each known defect turns the suite red, and the report names the check that caught it; without one it is green.

A sample of both tables runs by default, all with CONTRACT_DEFECTS=all in the environment.
"""

import json
import os
import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from contract.defects import DEFECTS, HELD_OUT
from contract.runs import FEW, judged_behind

from paiflow import Credentials
from tooling.contract import report
from tooling.contract.command import Options
from tooling.contract.session import Finding

SAMPLE = {
    "leaves-out-the-outputs": "what-exists-is-told-as-it-is",
    "request-id-differs-from-the-header": "the-request-id-is-in-header-and-body",
    "accepts-replays": "the-refusal-is-the-right-one",
    "ignores-the-workspace": "what-exists-is-told-as-it-is",
    "no-allow-with-405": "a-405-names-the-methods",
    "fails-once-in-fifty": "the-status-is-described",
}
SAMPLE_HELD_OUT = {
    "takes-ids-for-regular-expressions": "only-what-was-asked-for-comes-back",
    "hashes-four-kilobytes-only": "the-refusal-is-the-right-one",
}
ALL = os.environ.get("CONTRACT_DEFECTS") == "all"
CHOSEN = sorted(DEFECTS) if ALL else sorted(SAMPLE)
CHOSEN_HELD_OUT = sorted(HELD_OUT) if ALL else sorted(SAMPLE_HELD_OUT)
DUE = {**SAMPLE, **SAMPLE_HELD_OUT}


def test_there_are_enough():
    assert len(DEFECTS) >= 40
    assert len(HELD_OUT) >= 24
    assert not DEFECTS.keys() & HELD_OUT.keys()


def test_each_held_out_names_the_promise_that_it_breaks():
    assert [name for name, defect in HELD_OUT.items() if not (defect.behave.__doc__ or "").endswith(".")] == []


@pytest.mark.parametrize("name", [*CHOSEN, *CHOSEN_HELD_OUT])
def test_a_defect_turns_it_red(name):
    finished = judged_behind(name)

    assert finished.status == 1, finished.text
    assert DUE.get(name, next(iter(finished.failed))) in finished.failed
    assert re.search(r"repeat    scripts/contract --endpoint http://", finished.text)


def test_without_a_defect_it_is_green():
    finished = judged_behind(None)

    assert finished.status == 0, finished.text


def test_the_judged_service_may_want_temporary_credentials():
    credentials = Credentials("STS.key", "secret-of-the-key", "token+of/it==")
    finished = judged_behind(None, credentials=credentials)

    assert finished.status == 0, finished.text


def test_a_report_of_failures_holds_no_secret(tmp_path):
    credentials = Credentials("STS.key", "secret-of-the-key", "token+of/it==")
    machines = Options(examples=FEW, json=str(tmp_path / "contract.json"), junit=tmp_path / "contract.xml")
    finished = judged_behind("accepts-any-signature", machines, credentials=credentials)
    written = [Path(machines.json).read_text(encoding="utf-8"), unescape(machines.junit.read_text(encoding="utf-8"))]
    echoing = judged_behind("accepts-weak-signatures", credentials=credentials)

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
    session = SimpleNamespace(endpoint="http://127.0.0.1:1", tallies={}, findings=[finding], accounts=[account])
    text = report.as_json(session)

    assert [secret for secret in ("secret-of-the-key", "token+of/it==", "STS.key") if secret in text] == []
    assert json.loads(text)["findings"][0]["message"] == "said ***"
