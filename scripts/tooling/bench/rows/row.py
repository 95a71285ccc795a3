"""What a row is made of, and what it has to work with."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import attrs

from tooling.bench.environments import Environments
from tooling.bench.programs import Worker, started
from tooling.bench.results import Line


@attrs.frozen
class Bench:
    """What a row works with, for as long as it runs.

    Attributes:
        environments: of the contenders.
        folder: for files of its own; goes when the row is done.
        rounds: how many to measure.
        stack: ends what was started.
    """

    environments: Environments
    folder: Path
    rounds: int
    stack: contextlib.ExitStack

    def started(self, environment: str | None, name: str, *arguments: object) -> tuple[Worker, str]:
        """Start a worker, which ends with the row, and return it with the first line that it writes.

        Args:
            environment: the name of the one to run it in; None for the development environment.
            name: of the worker.
            arguments: for it.
        """
        python = sys.executable if environment is None else self.environments.get(environment).python
        worker = self.stack.enter_context(started(python, name, *map(str, arguments)))
        return worker, worker.read()

    def worker(self, environment: str | None, name: str, *arguments: object) -> Worker:
        """Return the same worker without its first line, which says no more than that it is ready."""
        return self.started(environment, name, *arguments)[0]


@attrs.frozen
class Row:
    """One row, of one line or several.

    Attributes:
        name: by which it is asked for.
        about: what is compared, and how.
        needs: the environments that it uses, made before anything is measured.
        rounds: measured unless the user says otherwise.
        measure: gives the lines.
    """

    name: str
    about: str
    needs: tuple[str, ...]
    rounds: int
    measure: Callable[[Bench], list[Line]]
