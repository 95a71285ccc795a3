"""A lock that a forked child finds free, whoever held it in the parent."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from weakref import WeakSet

_made: WeakSet[Lock] = WeakSet()


class Lock:
    """threading.Lock, for a `with`. The thread that holds one is not there in a forked child, and could not release it.

    Args:
        reentrant: whether the thread that holds it may take it again.
    """

    def __init__(self, *, reentrant: bool = False) -> None:
        self._kind = threading.RLock if reentrant else threading.Lock
        self._lock = self._kind()
        _made.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Be free."""
        self._lock = self._kind()


def _renew() -> None:
    for lock in list(_made):
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
