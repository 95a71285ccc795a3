"""Each known defect turns the suite red, and the report names the check that caught it; without one it is green.

A sample of both tables runs by default, all with CONTRACT_DEFECTS=all in the environment.
"""

import os
import re

import pytest
from contract.defects import DEFECTS, HELD_OUT
from contract.runs import judged_behind

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
    from paiflow import Credentials

    credentials = Credentials("STS.key", "secret-of-the-key", "token+of/it==")
    finished = judged_behind(None, credentials=credentials)

    assert finished.status == 0, finished.text


def test_a_report_of_failures_holds_no_secret():
    from paiflow import Credentials

    credentials = Credentials("STS.key", "secret-of-the-key", "token+of/it==")
    finished = judged_behind("accepts-any-signature", credentials=credentials)
    echoing = judged_behind("accepts-weak-signatures", credentials=credentials)

    for text in (finished.text, echoing.text):
        assert "FAILED" in text
        for secret in ("secret-of-the-key", "token+of/it==", "STS.key"):
            assert secret not in text
        assert not re.search(r"[0-9a-f]{64}", text)
        assert "Signature=" not in text.replace("Signature=***", "")
