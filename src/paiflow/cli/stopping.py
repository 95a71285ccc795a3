"""SIGINT and SIGTERM: the first ends the command in good order, a later one at once, and none gives a traceback."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

# A terminal sends Ctrl-C to a command and to its parent, which may pass it on: that is one Ctrl-C still.
_SAME: Final = 1.0

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """What a command is told by a signal.

    Attributes:
        number: of the first signal, None before.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._first = 0.0
        self._wake: Callable[[], object] | None = None

    def install(self) -> None:
        """Take the signals over, for good."""
        for number in _SIGNALS:
            signal.signal(number, self.take)
        atexit.register(_ignore)

    def take(self, number: int, _: FrameType | None = None) -> None:
        """Heed a signal: wake who asked for it, else raise KeyboardInterrupt. A second one later ends it all at once."""
        if self.number is None:
            self.number, self._first = number, time.monotonic()
            if self._wake is None:
                raise KeyboardInterrupt
            self._wake()
        elif time.monotonic() - self._first > _SAME:
            os._exit(128 + self.number)

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], object]) -> Iterator[None]:
        """Call this at the first signal, in the main thread and at any moment, instead of raising."""
        before, self._wake = self._wake, wake
        try:
            yield
        finally:
            self._wake = before


def _ignore() -> None:
    """Keep the exit code: as the last thing it does, the interpreter gives signals back to the system, which would kill."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
