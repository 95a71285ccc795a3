"""Replace locks in a forked child: threads of its parent may have held them, and do not exist there.

Such locks are ours, and those of modules that are being imported: much here is imported when it is first needed. So before
a process with threads forks, it imports all that a call may need. An import waits for the same import of another thread.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final
from weakref import WeakSet

# What calls import when they first need it, and asyncio's programs besides.
LATE: Final = (
    "httpcore",
    "msgspec.json",
    "paiflow._secrets",
    "paiflow.status.batches",
    "paiflow.client.logs",
    "paiflow.client.network",
    "paiflow.client.paging",
    "paiflow.client.pools",
    "paiflow.client.submitting",
    "paiflow.status.waiting",
    "paiflow_api.outcomes",
)
LATE_ASYNC: Final = (
    "anyio._backends._asyncio",
    "paiflow.client.async_network",
    "paiflow.client.async_pools",
    "sniffio",
)

_made: WeakSet[Lock] = WeakSet()


class Lock:
    """threading.Lock, for a `with`. The thread that holds one is not there in a forked child, and could not release it."""

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


def _finish_imports() -> None:
    if threading.active_count() == 1 or "paiflow.client.clients" not in sys.modules:
        return
    for name in (*LATE, *(LATE_ASYNC if "asyncio" in sys.modules else ())):
        with suppress(ImportError):
            importlib.import_module(name)
    models = importlib.import_module("paiflow_api.models")
    for name in models.__all__:
        getattr(models, name)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_finish_imports, after_in_child=_renew)
