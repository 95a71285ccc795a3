"""Collect what is found in many replies: findings, how many replies were judged, and what was skipped and why."""

from __future__ import annotations

from collections import Counter

from paiflow._description import Operation
from paiflow.drift import reports
from paiflow.drift.findings import Finding, Findings
from paiflow.drift.replies import Recorded, Reply, Skipped, judge, match
from paiflow.drift.schemas import Schemas
from paiflow.drift.walk import Deviation


class Collection:
    """What is found in replies.

    Args:
        description: what they are judged by.
        limit: the most distinct findings to keep; None for all.

    Attributes:
        responses: how many replies were judged, by operation and status.
        skipped: how many were not, by the reason.
    """

    def __init__(self, description: Schemas, limit: int | None = None) -> None:
        """Start with nothing."""
        self.description = description
        self.responses: Counter[tuple[str, str]] = Counter()
        self.skipped: Counter[str] = Counter()
        self._findings = Findings(description, limit)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, in the order in which it was first seen."""
        return self._findings.all

    @property
    def left_out(self) -> int:
        """How many deviations belong to no finding, because there were too many."""
        return self._findings.left_out

    @property
    def replies(self) -> int:
        """How many replies were judged."""
        return self.responses.total()

    def add(self, recorded: Recorded, operation: Operation | None = None) -> tuple[Reply, list[Deviation]] | None:
        """Judge a recorded reply, and return it with where it departs; None if it was skipped.

        Args:
            recorded: the reply.
            operation: what it answers, if that was not recorded; None to guess it by the reply's fields.
        """
        reply = match(self.description, recorded, operation)
        if isinstance(reply, Skipped):
            self.skipped[reply.why] += 1
            return None
        try:
            status, found = judge(self.description, reply)
        except RecursionError:
            self.skipped[f"{reply.operation} {reply.status} that nests too deeply"] += 1
            return None
        self.responses[reply.operation, status] += 1
        self._findings.add(reply.operation, status, found, reply.where)
        return reply, found

    def report(self, form: reports.Format = "text", exit_code: int = 0) -> str:
        """Return the report for people, or one for machines, which tells the exit code as well."""
        if form == "json":
            return reports.as_json(self.findings, self.responses, self.skipped, exit_code)
        if form == "junit":
            return reports.as_junit(self.findings, self.responses)
        return reports.as_text(self.findings)

    def summary(self) -> str:
        """Return one line: how many replies were judged, and what was found."""
        replies = counted(self.replies, "reply", "replies")
        if not self.findings:
            return f"{replies}, no drift"
        left_out = f" and {counted(self.left_out, 'value', 'values')} more" if self.left_out else ""
        return f"{replies}, {counted(len(self.findings), 'finding', 'findings')}{left_out}"


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many}"
