"""Notice that the reader of stdout is gone, even between two lines, which may be hours apart."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Callable


def pipe_of_stdout() -> int | None:
    """Return the descriptor of stdout if that is a pipe."""
    try:
        descriptor = sys.stdout.fileno()
        return descriptor if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else None
    except (AttributeError, OSError, ValueError):  # closed, or something else was put there
        return None


def while_read(sleep: Callable[[float], None]) -> Callable[[float], None]:
    """Return a sleep that raises BrokenPipeError as soon as the reader of stdout is gone."""
    descriptor = pipe_of_stdout()
    if descriptor is None or not hasattr(select, "poll"):
        return sleep
    watch = select.poll()
    watch.register(descriptor, 0)  # an error is reported unasked

    def watched(seconds: float) -> None:
        if watch.poll(seconds * 1000):
            raise BrokenPipeError

    return watched
