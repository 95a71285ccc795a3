"""Hold a blocking call to its deadline, even if the server stalls.

httpx bounds each read, not their sum: a server that sends a byte now and then, of the headers even, keeps a call for
as long as it likes. So every wait for the network is cut to what is left. An async call needs none of this: it is
cancelled.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_state = threading.local()


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """Cut this thread's waits for the network to what is left until the monotonic clock reads `deadline`."""
    _state.deadline = deadline
    try:
        yield
    finally:
        _state.deadline = None


def left(timeout: float | None, error: type[Exception]) -> float | None:
    """Return how long to wait at most: the timeout, or what is left if that is less."""
    deadline: float | None = getattr(_state, "deadline", None)
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise error("the time for the whole call was up")
    return left if timeout is None else min(left, timeout)
