"""Run a wait to its end: by polling, by a signal, or because the reader of its output is gone.

Under asyncio, for a request to a server that does not answer can be cancelled there, and a blocking one cannot.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Final, TypeVar

import attrs

from paiflow import AsyncPaiFlow, Change, PaiFlowError, WaitResult
from paiflow.cli.displays import Display
from paiflow.cli.pipes import pipe_of_stdout
from paiflow.cli.progress import Progress
from paiflow.cli.stopping import Stop
from paiflow.status.waiting import mends
from paiflow.steps import Answers, Ask, AsyncIteration, Steps

T = TypeVar("T")

# Seconds between two looks at the clock: a display counts them down.
_TICK: Final = 1.0


@attrs.frozen(kw_only=True)
class Ending:
    """How a wait ended.

    Attributes:
        result: what is known.
        error: what ended it early, if that was an error; its time being up is one.
        signal_number: of what interrupted it.
        closed: whether the reader of stdout is gone.
    """

    result: WaitResult
    error: PaiFlowError | None = None
    signal_number: int | None = None
    closed: bool = False

    @property
    def early(self) -> bool:
        """Whether it ended before what was waited for had come."""
        return self.error is not None or self.signal_number is not None


def polled(client: AsyncPaiFlow, steps: Steps[Change, WaitResult], progress: Progress) -> AsyncIterator[Change]:
    """Return the changes of a wait; `progress` is told of each poll and each sleep."""
    progress.time = client.time

    async def ask(step: Ask) -> Answers:
        answers = await client.ask(step)
        errors = [answer for answer in answers if isinstance(answer, PaiFlowError)]
        # An error that waiting does not mend ends the wait, and is reported then.
        passing = [error for error in errors if mends(error, refreshes=client.refreshes)]
        progress.looked(len(answers), len(answers) - len(errors), passing[0] if passing else None)
        return answers

    async def sleep(seconds: float) -> None:
        with progress.sleeping(seconds):
            await client.time.asleep(seconds)

    return aiter(AsyncIteration(steps, ask, sleep))


def run(
    client: AsyncPaiFlow, changes: AsyncIterator[Change], progress: Progress, display: Display, stop: Stop
) -> Ending:
    """Return how the wait ended, once it has; `display` is told of each change."""
    return _run(_followed(client, changes, progress, display, stop))


async def _followed(
    client: AsyncPaiFlow, changes: AsyncIterator[Change], progress: Progress, display: Display, stop: Stop
) -> Ending:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - this runs in one
    closed = False
    error: PaiFlowError | None = None

    def wake() -> None:
        loop.call_soon_threadsafe(task.cancel)

    def close() -> None:
        nonlocal closed
        closed = True
        task.cancel()

    progress.on_trouble, progress.on_hint, progress.on_quiet = display.trouble, display.hint, display.quiet
    ticking = loop.create_task(_tick(display, progress))
    try:
        with display, stop.waking(wake), _reader_watched(loop, close):
            if stop.number is not None:  # it came just before
                wake()
            async with client:
                async for change in changes:
                    progress.take(change)
                    display.change(change)
    except asyncio.CancelledError:
        if not closed and stop.number is None:
            raise
    except BrokenPipeError:
        closed = True
    except PaiFlowError as raised:
        error = raised
    finally:
        ticking.cancel()
    result = error.result if error is not None and error.result is not None else progress.result()
    return Ending(result=result, error=error, signal_number=stop.number, closed=closed)


async def _tick(display: Display, progress: Progress) -> None:
    # By the real clock, even if the wait has another: people watch.
    while True:
        await asyncio.sleep(_TICK)
        display.tick()
        progress.beat()


@contextlib.contextmanager
def _reader_watched(loop: asyncio.AbstractEventLoop, close: Callable[[], None]) -> Iterator[None]:
    """Call `close` when the reader of stdout's pipe goes away; the next line may be hours off."""
    descriptor = pipe_of_stdout()
    watched = False
    if descriptor is not None:

        def gone() -> None:
            loop.remove_reader(descriptor)
            close()

        with contextlib.suppress(NotImplementedError, OSError):  # not every system's loop can
            # A pipe's writing end becomes readable when its reading end is closed.
            loop.add_reader(descriptor, gone)
            watched = True
    try:
        yield
    finally:
        if watched and descriptor is not None:
            loop.remove_reader(descriptor)


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns.

    As asyncio.run, which would wait for the threads that look up an address or ask for credentials.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
