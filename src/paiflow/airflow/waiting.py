"""Wait in a triggerer: all waits with equal settings share one poller. Does not import Airflow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import attrs

from paiflow import AsyncPaiFlow, Poller
from paiflow.airflow.endings import Ending
from paiflow.airflow.settings import Settings

# Seconds for a look at what has happened while no triggerer was there, where the deadline has passed meanwhile.
LAST_LOOK: Final = 10.0


@attrs.define
class _Shared:
    client: AsyncPaiFlow
    poller: Poller
    users: int = 0


_SHARED: Final[dict[tuple[asyncio.AbstractEventLoop, Settings], _Shared]] = {}


@asynccontextmanager
async def shared_poller(settings: Settings) -> AsyncIterator[Poller]:
    """Give the poller of these settings in this event loop. It is there as long as somebody uses it."""
    key = (asyncio.get_running_loop(), settings)
    if (shared := _SHARED.get(key)) is None:
        client = settings.async_client()
        shared = _SHARED[key] = _Shared(client, Poller(client))
    shared.users += 1
    try:
        yield shared.poller
    finally:
        shared.users -= 1
        if not shared.users:
            del _SHARED[key]
            await shared.client.aclose()


async def ending_of(
    settings: Settings,
    pipeline_runs: Sequence[str],
    deadline: float | None,
    now: Callable[[], float] = time.time,
) -> Ending:
    """Return how the wait for runs ended.

    Args:
        settings: where they are.
        pipeline_runs: their ids.
        deadline: seconds since the epoch, so that a restart does not put it off; None to wait on.
        now: the clock.

    Raises:
        PaiFlowError: as Poller.wait.
    """
    timeout = None if deadline is None else max(deadline - now(), LAST_LOOK)
    async with shared_poller(settings) as poller:
        return Ending.of(await poller.wait(pipeline_runs, timeout=timeout))
