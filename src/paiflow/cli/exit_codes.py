"""The exit codes, and which of them a command ends with. Stable: scripts rely on them.

| code | meaning |
|---|---|
| 0 | all succeeded; for commands other than `wait`: done |
| 1 | something failed |
| 2 | usage: an argument, a file, the endpoint |
| 3 | something was stopped |
| 4 | an id was not found; `wait`: no run fits the selection |
| 5 | the time was up |
| 6 | throttled (a wait survives it) |
| 7 | credentials or permission |
| 8 | the service or the way to it; for `wait`, also no answer at all within its time |
| 9 | done for some ids, not for others |
| 130, 143 | interrupted, terminated |
| 141 | the reader of stdout went away |
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from paiflow.errors import InvalidRequest, NotFound, PaiFlowError, Throttled, WaitTimedOut
from paiflow_api.operations import OPERATIONS

if TYPE_CHECKING:
    from paiflow.status.batches import StatusReport
    from paiflow.status.waiting import Outcome, Until, WaitResult


class ExitCode(IntEnum):
    """What the command ends with."""

    SUCCEEDED = 0
    FAILED = 1
    USAGE = 2
    STOPPED = 3
    MISSING = 4
    TIMED_OUT = 5
    THROTTLED = 6
    DENIED = 7
    SERVICE = 8
    PARTIAL = 9
    INTERRUPTED = 130
    # As a shell tells the death by SIGPIPE: the reader of stdout went away before all was written.
    CLOSED_PIPE = 141
    TERMINATED = 143


# The worst comes first.
_BAD: Final[tuple[tuple[Outcome, ExitCode], ...]] = (
    ("failed", ExitCode.FAILED),
    ("stopped", ExitCode.STOPPED),
    ("missing", ExitCode.MISSING),
)


def of_signal(number: int) -> int:
    """Return the code for a signal, as a shell tells it: 130 for SIGINT, 143 for SIGTERM."""
    return 128 + number


def of_error(error: PaiFlowError) -> int:
    """Return the code for an error.

    A request that was not even sent is a matter of usage. A thing is missing if the operation is on one thing, or if the
    code is one of PAIFlow's own, which are numbers; else the endpoint is wrong.
    """
    if isinstance(error, InvalidRequest) and error.status is None:
        return ExitCode.USAGE
    if isinstance(error, NotFound):
        operation = OPERATIONS.get(error.operation)
        on_one = operation is not None and "{" in operation.path
        return ExitCode.MISSING if on_one or (error.code or "").isdecimal() else ExitCode.SERVICE
    return error.exit_code


def of_status(report: StatusReport) -> int:
    """Return the code of `status`: that of the first error, else whether all was found."""
    if report.errors:
        return of_error(report.errors[0])
    return ExitCode.MISSING if report.missing else ExitCode.SUCCEEDED


def of_wait(
    result: WaitResult,
    until: Until,
    *,
    until_status: str | None = None,
    error: PaiFlowError | None = None,
    signal_number: int | None = None,
) -> int:
    """Return the code of `wait`.

    Where several apply: 130 or 143, 7, 8, 1, 3, 4, 5, 0, in that order. With `until` "any", what has ended decides, and
    nothing else that is known. A wait whose time was up without any answer is a matter of the service: 8.

    Args:
        result: what is known of each id.
        until: what was waited for.
        until_status: a status that was waited for: what has it is as good as succeeded.
        error: what the wait ended with, None if it ended as asked.
        signal_number: of what interrupted it.
    """
    if signal_number is not None:
        return of_signal(signal_number)
    if isinstance(error, WaitTimedOut):
        if not result.answered:
            return ExitCode.SERVICE
    elif error is not None:
        return ExitCode.SERVICE if isinstance(error, Throttled) else of_error(error)
    ended = [item for item in result.values() if item.ended]
    counted = ended if until == "any" and ended else list(result.values())
    outcomes = {
        "succeeded" if until_status is not None and item.status == until_status else item.outcome for item in counted
    }
    for outcome, code in _BAD:
        if outcome in outcomes:
            return code
    return ExitCode.SUCCEEDED if outcomes == {"succeeded"} else ExitCode.TIMED_OUT
