"""The clock, sleep and random numbers of a client, as an argument that tests replace."""

from __future__ import annotations

import random
import time


class Time:
    """The real ones."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds since some moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Return after so many seconds, and let others run meanwhile."""
        import asyncio  # noqa: PLC0415 - costly to load, and for async calls only

        await asyncio.sleep(seconds)

    def random(self) -> float:
        """Return a number in [0, 1)."""
        return random.random()  # noqa: S311 - spreads calls in time; keeps no secret
