"""Repeat a call that failed in a way that may pass.

Retry sits above signing, so each attempt is signed afresh. What only reads is repeated after throttling, 5xx and faults of
the connection. What changes something is repeated only when the service has certainly not acted on it: it was never sent, or
it was refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import Final, TypeVar

from paiflow._time import Time
from paiflow.errors import (
    AccessDenied,
    ConfigurationError,
    PaiFlowError,
    ServerFault,
    ServiceError,
    Throttled,
    TransportError,
    UnexpectedReply,
)

T = TypeVar("T")

# Refusals that pass when the request is signed afresh: with another nonce, by a corrected clock. Once is enough; when it
# happens again something else is wrong.
NONCE_USED: Final = "SignatureNonceUsed"
ONCE: Final = (NONCE_USED, "InvalidTimeStamp")


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often a call is attempted, and how long it may take in all.

    Attributes:
        attempts: at most so many, the first included.
        total: seconds for the call with all its attempts and waits. A wait that would pass them is not begun.
        base: seconds of the first backoff, which doubles with each attempt.
        max_delay: the most seconds of a backoff. A longer delay that the service asks for is still respected.

    Raises:
        ConfigurationError: one of them is no finite number above 0.
    """

    attempts: int = 4
    total: float = 60.0
    base: float = 0.5
    max_delay: float = 20.0

    def __post_init__(self) -> None:
        for name in ("attempts", "total", "base", "max_delay"):  # not what a subclass adds
            value = getattr(self, name)
            kinds, what = (int, "a whole number") if name == "attempts" else (int | float, "a finite number")
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < inf:
                raise ConfigurationError(f"RetryPolicy: {name} must be {what} above 0, not {value!r:.60}")

    def delay(self, attempt: int, error: PaiFlowError, random: float) -> float:
        """Return the seconds to wait before the next attempt.

        As many as the service asked for (x-acs-retry-after, Retry-After); else min(max_delay, base * 2 ** (attempt - 1))
        times `random`: full jitter. None after a nonce or a clock that was refused: the next attempt mends it.

        Args:
            attempt: attempts made so far, from 1.
            error: what the last one ended with.
            random: in [0, 1).
        """
        if isinstance(error, ServiceError) and error.retry_after is not None:
            return error.retry_after
        if isinstance(error, AccessDenied):
            return 0.0
        return float(min(self.max_delay, self.base * 2 ** min(attempt - 1, 30))) * random


def policy_of(retries: object) -> RetryPolicy:
    """Return the policy that an argument means: a policy, or how often to repeat a call, 0 for not at all."""
    if isinstance(retries, RetryPolicy):
        return retries
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise ConfigurationError(f"retries must be a RetryPolicy, or how often to repeat a call, not {retries!r:.60}")
    return RetryPolicy(attempts=retries + 1)


class Attempts:
    """One call in its attempts.

    Args:
        policy: how many there may be, and for how long.
        time: the clock and sleep to go by.
        total: seconds for the whole call, where that is less than the policy's.
        patient: repeat what may pass in time. Without it only what passes at once: a nonce, a clock.
        repeatable: whether sending the request twice does the same as sending it once.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        time: Time,
        total: float | None = None,
        *,
        patient: bool = True,
        repeatable: bool = True,
    ) -> None:
        self._policy = policy
        self._patient = patient
        self._repeatable = repeatable
        self._time = time
        self._deadline = time.monotonic() + min(policy.total, inf if total is None else total)
        self._number = 1
        # Codes of refusals that are forgiven once.
        self._forgiven: set[str] = set()

    def left(self) -> float:
        """Return the seconds that are left for the call."""
        return max(0.0, self._deadline - self._time.monotonic())

    def run(self, once: Callable[[int], T]) -> T:
        """Call `once` with the number of each attempt until it returns; return its result, or raise its last error."""
        while True:
            try:
                return once(self._number)
            except PaiFlowError as error:
                delay = self._delay_after(error)
                if delay is None:
                    raise
            self._time.sleep(delay)

    async def arun(self, once: Callable[[int], Awaitable[T]]) -> T:
        """Return the same, awaited."""
        while True:
            try:
                return await once(self._number)
            except PaiFlowError as error:
                delay = self._delay_after(error)
                if delay is None:
                    raise
            await self._time.asleep(delay)

    def _delay_after(self, error: PaiFlowError) -> float | None:
        """Return the seconds to wait before the next attempt, or None to give up. Sets the error's `maybe_done`."""
        error.maybe_done = not self._repeatable and may_be_done(error)
        if error.maybe_done or not self._may_pass(error) or self._number >= self._policy.attempts:
            return None
        delay = self._policy.delay(self._number, error, self._time.random())
        self._number += 1
        return delay if delay < self.left() else None

    def _may_pass(self, error: PaiFlowError) -> bool:
        match error:
            case Throttled():
                return self._patient
            case ServerFault():
                return self._patient and error.status != 501
            case TransportError():
                return self._patient and error.may_pass
            case AccessDenied():
                code = next((code for code in ONCE if (error.code or "").startswith(code)), None)
                if code is None or code in self._forgiven:
                    return False
                self._forgiven.add(code)
                return True
        return False


def may_be_done(error: PaiFlowError) -> bool:
    """Return whether the service may have acted on a request that ended with this error.

    It certainly has not if the request was never sent, or if the service refused it. A nonce that was used before means
    that something on the way has sent the request twice, and the first one may have been accepted.
    """
    match error:
        case ConfigurationError():  # the client was closed meanwhile
            return error.maybe_done
        case TransportError():
            return error.sent
        case ServerFault():
            return True
        case AccessDenied():
            return (error.code or "").startswith(NONCE_USED)
        case UnexpectedReply():
            return not 300 <= error.status < 400
    return False
