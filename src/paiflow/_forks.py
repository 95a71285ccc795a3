"""Keep a forked child from waiting for other threads: it has none, but the locks that they held.

Such locks are ours, and those of modules that are being imported: much here is imported when it is first needed. So before
a process with threads forks, it imports all that a call may need, and waits for other threads that are at it.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Final
from weakref import WeakSet

# Packages whose modules a call imports. No other: a program may run for as long as it likes within the import of its own.
ROOTS: Final = {"anyio", "asyncio", "h11", "httpcore", "httpx", "msgspec", "paiflow", "paiflow_api", "sniffio"}

# What calls import when they first need it, and asyncio's programs besides.
LATE: Final = ("msgspec.json", "paiflow.batches", "paiflow.waiting", "paiflow_api.outcomes")
LATE_ASYNC: Final = ("anyio._backends._asyncio", "anyio.streams.tls", "sniffio")

_made: WeakSet[Lock] = WeakSet()


class Lock:
    """threading.Lock, for a `with`. The thread that holds one is not there in a forked child, and could not release it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _made.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Be free."""
        self._lock = threading.Lock()


def _renew() -> None:
    for lock in list(_made):
        lock.renew()


def _finish_imports() -> None:
    if threading.active_count() == 1 or "paiflow.client" not in sys.modules:
        return
    for name in (*LATE, *(LATE_ASYNC if "asyncio" in sys.modules else ())):
        with suppress(ImportError):
            importlib.import_module(name)
    models = importlib.import_module("paiflow_api.models")
    for name in models.__all__:
        getattr(models, name)
    _wait_for_imports()


def _wait_for_imports() -> None:
    """Return when no other thread is importing a module that a call may need."""
    # CPython has no public way to it (3.11 to 3.14); without it a child may wait, as with any other package.
    bootstrap: Any = getattr(importlib, "_bootstrap", None)
    locks = getattr(bootstrap, "_module_locks", {})
    for _ in range(100):  # one import begins the next
        busy = [
            name
            for name, reference in list(locks.items())
            if name.partition(".")[0] in ROOTS
            and getattr(reference(), "owner", None) not in (None, threading.get_ident())
        ]
        if not busy:
            return
        for name in busy:
            bootstrap._lock_unlock_module(name)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_finish_imports, after_in_child=_renew)
