"""Say what was found: to people as text, to machines as JSON or JUnit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

from paiflow import _junit
from paiflow._junit import Case, Failure, Suite
from paiflow.drift.findings import Finding
from paiflow.drift.walk import KINDS

Format = Literal["text", "json", "junit"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

_TITLES: Final = ("Kind", "Path", "Count", "Example", "What", "First seen")


def as_text(findings: Sequence[Finding]) -> str:
    """Return a table for each response that something was found in; empty where nothing was."""
    tables = []
    for operation, status in dict.fromkeys((finding.operation, finding.status) for finding in findings):
        rows = [
            (one.kind, one.path, str(one.count), one.example or "-", one.detail, one.first_seen)
            for one in findings
            if (one.operation, one.status) == (operation, status)
        ]
        widths = [max(map(len, column)) for column in zip(_TITLES, *rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (_TITLES, *rows)]
        tables.append("\n".join([f"{operation} {status}", *lines]) + "\n")
    return "\n".join(tables)


def as_json(
    findings: Sequence[Finding], responses: Mapping[tuple[str, str], int], skipped: Mapping[str, int], exit_code: int
) -> str:
    """Return one object: the exit code, the number of checked replies, the findings, and the skipped replies with reasons."""
    document = {
        "ExitCode": exit_code,
        "Replies": sum(responses.values()),
        "Findings": [
            {
                "Kind": finding.kind,
                "Operation": finding.operation,
                "Status": finding.status,
                "Path": finding.path,
                "Count": finding.count,
                "Example": finding.example,
                "Detail": finding.detail,
                "FirstSeen": finding.first_seen,
            }
            for finding in findings
        ],
        "Skipped": [{"Reason": reason, "Count": count} for reason, count in skipped.items()],
    }
    return json.dumps(document, indent=2) + "\n"


def as_junit(findings: Sequence[Finding], responses: Mapping[tuple[str, str], int]) -> str:
    """Return one suite, with a case for each response that replies were checked against and each kind of drift."""
    cases = []
    for operation, status in responses:
        for kind in KINDS:
            found = [one for one in findings if (one.operation, one.status, one.kind) == (operation, status, kind)]
            failure = Failure(", ".join(one.path for one in found), "\n".join(map(_line, found)))
            cases.append(Case(f"{operation}.{status}", f"no {kind}", [failure] if found else []))
    return _junit.document("drift", [Suite("paiflow drift", cases)]).decode() + "\n"


def _line(finding: Finding) -> str:
    example = f" {finding.example}" if finding.example else ""
    return f"{finding.path}:{example} ({finding.detail}), {finding.count} in all, first in {finding.first_seen}"
