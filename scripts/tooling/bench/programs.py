"""Run the workers, and talk to them by lines."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Mapping
from typing import IO, Self

from tooling.bench.environments import ROOT
from tooling.bench.errors import BenchError
from tooling.bench.measuring import Sample

# Settings of a developer's that would change what is measured, or where it goes.
_OTHERS = ("ALIBABA", "ALICLOUD", "PAIFLOW_", "PYTHON")


class Worker:
    """A program that answers each line with a line. It runs for as long as a `with` lasts.

    Args:
        command: what to run.
        what: its name, for errors.
    """

    def __init__(self, command: list[str], what: str) -> None:
        self._command = command
        self._what = what

    def __enter__(self) -> Self:
        self._errors: IO[str] = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
            env=environment(),
            cwd=ROOT,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # it may be in the middle of something
            self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()  # at the end of its input a worker ends
        self._errors.close()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def read(self) -> str:
        """Return the next line that the program writes.

        Raises:
            BenchError: it has ended instead.
        """
        assert self._process.stdout is not None  # noqa: S101 - Popen was told to make a pipe
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            said = self._errors.read().strip().splitlines() or [f"exit status {self._process.returncode}"]
            raise BenchError(f"{self._what} broke off: {said[-1]}")
        return line.strip()

    def tell(self, line: object) -> None:
        """Send the program a line."""
        assert self._process.stdin is not None  # noqa: S101 - Popen was told to make a pipe
        with contextlib.suppress(BrokenPipeError):  # `read` says why
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def measure(self, count: int) -> Sample:
        """Let it do its operation so often; return what one took."""
        self.tell(count)
        wall, cpu, *peak = self.read().split()
        return Sample(float(wall), float(cpu), int(peak[0]) if peak and peak[0] != "0" else None)


def started(python: str, name: str, *arguments: str) -> Worker:
    """Return the worker of that name in an environment, for a `with`."""
    return Worker([python, "-m", f"tooling.bench.workers.{name}", *arguments], name)


def environment() -> Mapping[str, str]:
    """Return the variables of a program: this one's, without what is a developer's, and with the way to the workers."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(_OTHERS) and not name.upper().endswith("_PROXY")
    }
    return {**kept, "PYTHONPATH": str(ROOT / "scripts")}
