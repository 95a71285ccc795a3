"""Write results as JUnit's XML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

# What XML 1.0 cannot hold, section 2.2.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Failure:
    """Why a case failed: in a line, and in more words; `kind` is what sort of failure it is."""

    message: str
    text: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Case:
    """One case; it passed if it has no failures. `output` is what else is known of it."""

    classname: str
    name: str
    failures: Sequence[Failure] = ()
    output: str = ""


@dataclass(frozen=True)
class Suite:
    """Cases that belong together, and how many seconds they took, if that is known."""

    name: str
    cases: Sequence[Case]
    seconds: float | None = None


def document(name: str, suites: Sequence[Suite]) -> bytes:
    """Return suites as a document; a character that XML cannot hold is written as an escape."""
    root = ET.Element("testsuites", name=_fit(name))
    for suite in suites:
        failed = sum(bool(case.failures) for case in suite.cases)
        counts = {"tests": len(suite.cases), "failures": failed, "errors": 0, "skipped": 0}
        element = _added(root, "testsuite", name=suite.name, **{key: str(count) for key, count in counts.items()})
        if suite.seconds is not None:
            element.set("time", f"{suite.seconds:.3f}")
        for case in suite.cases:
            written = _added(element, "testcase", classname=case.classname, name=case.name)
            for failure in case.failures:
                kind = {"type": failure.kind} if failure.kind else {}
                _added(written, "failure", failure.text, message=failure.message, **kind)
            if case.output:
                _added(written, "system-out", case.output)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _added(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, {key: _fit(value) for key, value in attributes.items()})
    element.text = _fit(text) or None
    return element


def _fit(text: str) -> str:
    return _NOT_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
