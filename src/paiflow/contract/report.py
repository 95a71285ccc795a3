"""Report a run: a table of the suites, then every failure by its cause, with a line to repeat it.

What a request or a reply is quoted from is redacted first: no Authorization, secret, token or signature is printed.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TextIO

from paiflow import _junit
from paiflow._junit import Case, Failure, Suite
from paiflow.contract.checks import CHECKS, Exchange, name_of
from paiflow.contract.session import Finding, Session, Tally
from paiflow.credentials import Credentials
from paiflow.mock import ASSUMPTIONS

EXCERPT = 300
"""Characters of a body that are quoted."""

BODY = 1000
"""Bytes of the longest body that is repeated on a command line."""

CAUSES = 4
"""Messages told of one check."""

PROMISES = {name_of(check): (check.__doc__ or "").strip() for check in CHECKS}
"""What each check holds a service to, in words."""

_UNPRINTABLE = re.compile("[^\x09\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]")


def summary(session: Session, options: Sequence[str]) -> str:
    """Return the whole report as text.

    Args:
        session: the run.
        options: the command, with the options that a repetition needs.
    """
    lines = [*table(session.tallies), "", *by_operation(session), ""]
    if session.unchecked:
        lines += ["not checked:", *(f"  {one}" for one in dict.fromkeys(session.unchecked)), ""]
    if session.assumptions:
        lines += [*of_assumptions(session.assumptions), ""]
    if not session.findings:
        return "\n".join([*lines, f"{session.endpoint} conforms"])
    ordered = sorted(session.findings, key=lambda finding: finding.check)
    by_check = {check: list(found) for check, found in groupby(ordered, lambda finding: finding.check)}
    for check, found in sorted(by_check.items(), key=lambda item: (-len(item[1]), item[0])):
        promise = [f"  ({PROMISES[check]})"] if check in PROMISES else []
        lines += [f"FAILED {check}, {_times(len(found))}", *promise, *_causes(found, options), ""]
    failed = "1 check" if len(by_check) == 1 else f"{len(by_check)} checks"
    lines.append(f"{session.endpoint} does not conform: {failed} failed: {', '.join(by_check)}")
    return redacted("\n".join(lines), session.accounts)


def table(tallies: dict[str, Tally]) -> list[str]:
    """Return the lines of a table: suite, cases, checks, seconds."""
    rows = [(name, sum(t.cases.values()), t.checks, f"{t.seconds:.1f}") for name, t in tallies.items()]
    total = (sum(row[1] for row in rows), sum(row[2] for row in rows), sum(t.seconds for t in tallies.values()))
    cells = [
        ("suite", "cases", "checks", "seconds"),
        *rows,
        ("all", total[0], total[1], f"{total[2]:.1f}"),
    ]
    width = max(len(str(row[0])) for row in cells)
    return [f"{name:<{width}}  {cases:>6}  {checked:>7}  {seconds:>7}" for name, cases, checked, seconds in cells]


def by_operation(session: Session) -> list[str]:
    """Return the lines of a table: operation, calls, those that were rightly answered, refused, and held something."""
    cells = [("operation", "calls", "answered", "refused", "found")]
    cells += [
        (name, str(one.calls), str(one.answers), str(one.refusals), str(one.full))
        for name, one in session.operations.items()
    ]
    width = max(len(row[0]) for row in cells)
    return [f"{row[0]:<{width}}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in cells]


def of_assumptions(found: dict[str, str]) -> Iterable[str]:
    """Yield a line for each assumption of the mock: whether it holds of the service, and what it says if it does not."""
    yield "what the mock assumes, of this service:"
    for one in sorted(ASSUMPTIONS, key=lambda one: ("refuted", "held", "not tried").index(found[one.name])):
        why = f": {one.refuted_by}" if found[one.name] == "refuted" else ""
        yield f"  {found[one.name]:<9}  {one.name}{why}"


class Progress:
    """Tells what is being done, a line for each suite.

    Args:
        stream: where to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said = ""
        self._suite = ""

    def tell(self, words: str) -> None:
        """Tell of a suite, whose name ends in a colon, or of an operation in it."""
        if words.endswith(":"):
            if words != self._suite:
                self._end()
                self._suite = words
                print(words, end="", file=self._stream, flush=True)
        elif words and words != self._said:
            print(f" {words}", end="", file=self._stream, flush=True)
            self._said = words

    def _end(self) -> None:
        if self._suite:
            print(file=self._stream)
        self._said = ""


def as_json(session: Session) -> str:
    """Return the run as JSON: whether the service conforms, what each suite did, and every finding."""
    suites = [
        {"suite": name, "cases": sum(tally.cases.values()), "checks": tally.checks, "seconds": round(tally.seconds, 3)}
        for name, tally in session.tallies.items()
    ]
    findings = [
        {
            "check": finding.check,
            "suite": finding.suite,
            "case": printable(finding.case),
            "message": printable(redacted(finding.message, session.accounts)),
            "exchange": [printable(redacted(line, session.accounts)) for line in _quoted(finding.exchange)],
        }
        for finding in session.findings
    ]
    operations = [{"operation": name, **vars(one)} for name, one in session.operations.items()]
    conforms = not session.findings
    return json.dumps(
        {
            "endpoint": session.endpoint,
            "conforms": conforms,
            "suites": suites,
            "operations": operations,
            "unchecked": session.unchecked,
            "assumptions": session.assumptions,
            "findings": findings,
        },
        ensure_ascii=False,
        indent=2,
    )


def junit(session: Session) -> bytes:
    """Return the run as JUnit's XML: a suite for each suite, a case for each case."""
    suites = []
    for name, tally in session.tallies.items():
        failures: dict[str, list[Failure]] = {}
        for finding in (one for one in session.findings if one.suite == name):
            message = printable(redacted(finding.message, session.accounts))
            quoted = printable(redacted("\n".join(_quoted(finding.exchange)), session.accounts))
            failures.setdefault(finding.case, []).append(Failure(message, quoted, finding.check))
        cases = [Case(f"contract.{name}", printable(case), failures.get(case, ())) for case in tally.cases]
        suites.append(Suite(name, cases, tally.seconds))
    return _junit.document("contract", suites)


def redacted(text: str, accounts: Iterable[Credentials]) -> str:
    """Return a text without secrets, tokens, signatures and keys' ids."""
    for account in accounts:
        for secret in (account.access_key_secret, account.security_token, account.access_key_id):
            if secret:
                text = text.replace(secret, "***")
    text = re.sub(r"(?i)(x-acs-security-token\s*[:=]\s*)[^\s,\"\\]+", r"\1***", text)
    return re.sub(r"\b[0-9a-f]{64}\b", "***", text)


def printable(text: str) -> str:
    """Return a text with all characters escaped that a terminal, or XML, could stumble over."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text.replace("\n", "\\n"))


def _causes(found: list[Finding], options: Sequence[str]) -> Iterable[str]:
    ordered = sorted(found, key=lambda finding: finding.message)
    by_message = {message: list(same) for message, same in groupby(ordered, lambda finding: finding.message)}
    causes = sorted(by_message.items(), key=lambda item: -len(item[1]))
    for message, same in causes[:CAUSES]:
        first = same[0]
        cases = list(dict.fromkeys(f"{finding.suite}/{finding.case}" for finding in same))
        more = f", and {len(cases) - 2} more" if len(cases) > 2 else ""
        yield f"  {printable(message)} ({_times(len(same))})"
        yield f"    found by  {printable(', '.join(cases[:2]))}{more}"
        yield from (f"    {line}" for line in _quoted(first.exchange))
        yield f"    repeat    {_repeat(first, options)}"
    if len(causes) > CAUSES:
        yield f"  and {len(causes) - CAUSES} causes more"


def _quoted(exchange: Exchange | None) -> Iterable[str]:
    if exchange is None:
        return
    request, reply = exchange.request, exchange.reply
    content_type = request.header("content-type") or "no content type"
    yield f"sent      {request.method} {printable(request.target)[:EXCERPT]} ({content_type}) {_excerpt(request.body)}"
    if reply is None:
        yield f"came      nothing: {printable(exchange.fault)}"
    else:
        request_id = reply.header("x-acs-request-id") or "none"
        yield f"came      {reply.status} (request id {printable(request_id)}) {_excerpt(reply.body)}"


def _excerpt(body: bytes) -> str:
    text = printable(body[: EXCERPT + 1].decode("utf-8", "backslashreplace"))
    return (text if len(body) <= EXCERPT else f"{text[:EXCERPT]}… ({len(body)} bytes)") or "no body"


def _repeat(finding: Finding, options: Sequence[str]) -> str:
    """Return a command that does it again. Credentials are taken from the environment, as before."""
    command = [*options]
    exchange = finding.exchange
    if finding.suite.startswith("generated"):
        request = exchange.request if exchange else None
        operation = exchange.operation if exchange else None
        at_fixed_path = operation is not None and "{" not in operation.path
        if request and operation and at_fixed_path and 0 < len(request.body) <= BODY and _is_plain(request.body):
            return shlex.join([*command, "--operation", operation.name, "--body", request.body.decode()])
        return shlex.join([*command, "--only", "generated"])
    if finding.suite == "guards" or not finding.case:
        return shlex.join(command)
    return shlex.join([*command, "--only", f"{finding.suite}/{finding.case}"])


def _is_plain(body: bytes) -> bool:
    return body.isascii() and body.decode().isprintable()


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
