"""Show the whole way once, on this machine: the mock service, and the vendor's documented sample asked for.

Every step prints its command and what came of it. Exit status: 0 all went as told, 1 a step did not.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

PAIFLOW = str(Path(sys.executable).with_name("paiflow"))
RUN, NODE = "flow-hynm2bv8wqhp5esfxq", "node-hynm2bv8wqhp5esfx1"


class DemoError(Exception):
    """A step did not go as told."""


def main() -> int:
    """Show everything and return the exit status."""
    try:
        say(
            "A mock of the service starts on a free port of this machine. It verifies signatures, as the real one does."
        )
        with mock_service() as environment:
            say(
                "What is the run of the vendor's documentation doing? The request is signed and goes over a real socket."
            )
            step(["status", RUN, "--workspace", "948"], environment)
            say("One of its nodes:")
            step(["status", "--node", f"{RUN}/{NODE}"], environment)
            say("The same for programs, with a run that does not exist: exit code 4.")
            step(["status", RUN, "flow-unheard-of", "--format", "jsonl"], environment, code=4)
            say("With a wrong secret the service refuses, and the exit code says so: 7.")
            step(["status", RUN], {**environment, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}, code=7)
        say("What this client was generated from:")
        step(["version", "-v"], dict(os.environ))
    except DemoError as error:
        print(f"scripts/demo: {error}", file=sys.stderr)
        return 1
    say("All went as told. Next: README.md.")
    return 0


def say(words: str) -> None:
    """Print what comes next."""
    print(f"\n# {words}", flush=True)


@contextlib.contextmanager
def mock_service() -> Iterator[dict[str, str]]:
    """Run `paiflow mock`, and give the environment that leads a client to it."""
    command = ["mock", "--port", "0"]
    print(f"$ paiflow {shlex.join(command)}", flush=True)
    with subprocess.Popen([PAIFLOW, *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - Popen was told to make a pipe
            lines = [process.stdout.readline() for _ in range(3)]
            print("".join(lines), end="", flush=True)
            if not lines[-1]:
                raise DemoError("the mock service did not start")
            yield {**os.environ, **dict(line.rstrip("\n").split("=", 1) for line in lines)}
        finally:
            process.terminate()


def step(arguments: list[str], environment: Mapping[str, str], *, code: int = 0) -> None:
    """Run the command, show it and what it prints.

    Raises:
        DemoError: its exit code is not the expected one.
    """
    print(f"$ paiflow {shlex.join(arguments)}", flush=True)
    finished = subprocess.run([PAIFLOW, *arguments], env=environment, check=False)
    if finished.returncode != code:
        raise DemoError(f"exit code {finished.returncode}, where {code} was due")


if __name__ == "__main__":
    sys.exit(main())
