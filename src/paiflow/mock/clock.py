"""The service's time: as the machine's clock, faster, or advanced by hand.

Everything in the mock that knows time asks one Clock: dates and nonces, the statuses of runs, faults that
take their time, and the reply's Date.
"""

import asyncio
import contextlib
import math
import random
import time
from collections.abc import Callable

import attrs

from paiflow._forks import Lock
from paiflow._time import Time

__all__ = ["Clock", "HandClock", "HandTime"]


class Clock:
    """The machine's clock, or one that ran away from it at some speed. Safe to share between threads.

    Args:
        scale: seconds of this clock in a second of the machine's.
        machine: gives the machine's time, in seconds since the epoch.
    """

    def __init__(self, scale: float = 1.0, *, machine: Callable[[], float] = time.time) -> None:
        if not 0 < scale < math.inf:
            raise ValueError(f"a clock's scale is a number above 0, not {scale!r}")
        self.scale = scale
        self._machine = machine
        self._started = machine()

    def now(self) -> float:
        """Return seconds since the epoch."""
        elapsed = self._machine() - self._started
        return self._started + elapsed * self.scale

    def readings(self) -> tuple[float, ...]:
        """Return the times that a client's clock may show: this clock's, and the machine's.

        A client on the machine's clock cannot follow one that runs faster, or is moved by hand, and is not to be
        refused for it. What a client does about a service whose clock is off is tested with a fault.
        """
        return self.now(), self._machine()

    def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed by this clock."""
        time.sleep(seconds / self.scale)

    async def asleep(self, seconds: float) -> None:
        """Return when so many seconds have passed by this clock; others run meanwhile."""
        await asyncio.sleep(seconds / self.scale)

    async def until(self, moment: float) -> None:
        """Return when this clock reads the moment, or at once if it is past; others run meanwhile.

        Unlike `asleep` it never moves the clock.
        """
        await asyncio.sleep(max(0.0, moment - self.now()) / self.scale)


@attrs.frozen(eq=False)
class _Waiting:
    """Somebody who waits for a moment, in some event loop."""

    moment: float
    loop: asyncio.AbstractEventLoop
    reached: asyncio.Future[None]

    def wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: no wait is left
            self.loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        if not self.reached.done():
            self.reached.set_result(None)


class HandClock(Clock):
    """A clock that stands still until it is advanced. Safe to share between threads.

    Who sleeps by it advances it, so hours pass in no time.

    Args:
        start: seconds since the epoch; the machine's time, to the second, if not given.
        machine: gives the machine's time, in seconds since the epoch.
    """

    def __init__(self, start: float | None = None, *, machine: Callable[[], float] = time.time) -> None:
        super().__init__(machine=machine)
        self._lock = Lock()
        self._now = float(math.floor(machine())) if start is None else float(start)
        self._waiting: list[_Waiting] = []

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> float:
        """Move the clock, wake the waits that are over by then, and return the new time.

        Raises:
            ValueError: seconds is below 0, or not a number.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"a clock is advanced by seconds from 0 on, not by {seconds!r}")
        with self._lock:
            self._now += seconds
            due = [one for one in self._waiting if one.moment <= self._now]
            self._waiting = [one for one in self._waiting if one.moment > self._now]
            now = self._now
        for one in due:
            one.wake()
        return now

    def sleep(self, seconds: float) -> None:
        """Advance the clock."""
        self.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        """Advance the clock; others run once."""
        self.advance(seconds)
        await asyncio.sleep(0)

    async def until(self, moment: float) -> None:
        """Return when the clock has been advanced to the moment, or at once if it is past."""
        loop = asyncio.get_running_loop()
        one = _Waiting(moment, loop, loop.create_future())
        with self._lock:
            if moment <= self._now:
                return
            self._waiting.append(one)
        try:
            await one.reached
        finally:
            with self._lock:
                self._waiting = [other for other in self._waiting if other is not one]


class HandTime(Time):
    """A client's time, by a clock that is advanced by hand: its sleep advances the clock.

    Args:
        clock: the service's, as a rule.
        seed: of its chance, which is the same in each run of a test.
    """

    def __init__(self, clock: HandClock, seed: int = 0) -> None:
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - spreads calls in time; keeps no secret

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return the same: a clock that is advanced by hand never goes back."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Advance the clock."""
        self._clock.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Advance the clock; others run once."""
        await self._clock.asleep(seconds)

    def random(self) -> float:
        """Return a number in [0, 1), the same sequence for the same seed."""
        return self._random.random()
