"""The command `paiflow`. Needs the extra `cli`; without it, it says so.

Data goes to stdout, words to stderr. Exit codes are in errors.py and commands.py.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

_EXTRA = {"click", "rich"}


def main() -> None:
    """Run the command and exit with its code."""
    try:
        from paiflow.cli.commands import run  # noqa: PLC0415 - loading it is what may fail
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        print("paiflow: the command needs an extra: pip install 'paiflow[cli]'", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    sys.exit(run(sys.argv[1:]))
