"""JUnit's XML is well-formed whatever it tells of, and counts what failed."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from paiflow import _junit
from paiflow._junit import Case, Failure, Suite


def test_a_case_with_failures_is_one_failure_of_its_suite():
    suites = [
        Suite("s", [Case("c", "fails", [Failure("m", "t", "k"), Failure("n")]), Case("c", "holds", output="o")], 1.5),
        Suite("t", []),
    ]
    root = ET.fromstring(_junit.document("all", suites))

    assert [{"tests": "2", "failures": "1"}, {"tests": "0", "failures": "0"}] == [
        {key: suite.attrib[key] for key in ("tests", "failures")} for suite in root
    ]
    assert ["1.500", None] == [suite.get("time") for suite in root]
    failures = root.findall(".//failure")
    assert [({"message": "m", "type": "k"}, "t"), ({"message": "n"}, None)] == [
        (one.attrib, one.text) for one in failures
    ]
    assert "o" == root.findtext(".//system-out")


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_told(text):
    failure = Failure(text, text, text)
    [suite] = ET.fromstring(_junit.document(text, [Suite(text, [Case(text, text, [failure], text)])]))

    assert "1" == suite.get("failures")
