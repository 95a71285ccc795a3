"""The command `paiflow`. Needs the extra `cli`; without it, it says so.

Data goes to stdout, words to stderr. Exit codes are in exit_codes.py.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import NoReturn

from paiflow._distribution import PACKAGES
from paiflow.cli.stopping import Stop

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command and exit with its code."""
    stop = Stop()
    stop.install()
    try:
        _exit(_run(stop))
    except KeyboardInterrupt:  # while it was being loaded, or when its work was done
        _exit(128 + (stop.number or 2))


def _run(stop: Stop) -> int:
    try:
        from paiflow.cli.commands import run  # noqa: PLC0415 - loading it is what may fail

        return run(sys.argv[1:], stop)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in PACKAGES["cli"]:
            raise
        print("paiflow: the command needs an extra: pip install 'paiflow-client[cli]'", file=sys.stderr)  # noqa: T201
        return 2


def _exit(code: int) -> NoReturn:
    """Exit, without those threads that look up an address, ask for credentials or wait for a reply.

    They cannot be cancelled, and the interpreter would wait for them after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):  # while a signal still ends this: a reader may have stopped to read
        with contextlib.suppress(AttributeError, OSError, ValueError):  # it is not there, or its reader is gone
            stream.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)
