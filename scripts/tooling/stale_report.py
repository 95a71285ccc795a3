"""Tell machines whether generated/ is up to date: JSON and JUnit's XML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.etree import ElementTree as ET


def as_json(stale: Sequence[str]) -> str:
    """Return whether all is up to date, and what is not, as `kind: path`."""
    return json.dumps({"up_to_date": not stale, "stale": list(stale)}, ensure_ascii=False, indent=2)


def as_junit(stale: Sequence[str]) -> bytes:
    """Return a case that passes, or one that fails for each file that is not as it should be."""
    root = ET.Element("testsuites", name="regenerate")
    cases, failures = str(len(stale) or 1), str(len(stale))
    suite = ET.SubElement(root, "testsuite", name="regenerate", tests=cases, failures=failures)
    for line in stale or ["generated/ is up to date"]:
        case = ET.SubElement(suite, "testcase", classname="regenerate", name=line)
        if stale:
            ET.SubElement(case, "failure", message=f"{line}: run scripts/regenerate")
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document
