"""Run the demo on this machine: start the mock, ask for the vendor's sample, wait for some runs.

Every step prints its command and what came of it. With --picture FILE the wait is also drawn, as an SVG of a terminal.
Exit status: 0 all went as told, 1 a step did not, 2 usage.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

PAIFLOW = str(Path(sys.executable).with_name("paiflow"))
RUN, NODE = "flow-hynm2bv8wqhp5esfxq", "node-hynm2bv8wqhp5esfx1"
RUNS = ["flow-train", "flow-evaluate", "flow-publish"]


class DemoError(Exception):
    """A step did not go as told."""


def main(arguments: list[str] | None = None) -> int:
    """Show everything and return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--picture", metavar="FILE", type=Path, help="also draw the wait, as an SVG of a terminal")
    options = parser.parse_args(arguments)
    try:
        ask()
        session = wait()
        say("What this client was generated from:")
        step(["version", "-v"], dict(os.environ))
        if options.picture:
            draw(session, options.picture)
    except (DemoError, OSError) as error:
        print(f"scripts/demo: {error}", file=sys.stderr)
        return 1
    say("All went as told. Next: README.md.")
    return 0


def ask() -> None:
    """Ask for the documented sample, and make two mistakes."""
    say("A mock of the service starts on a free port of this machine. It verifies signatures, as the real one does.")
    with mock_service() as environment:
        say("What is the run of the vendor's documentation doing? The request is signed and goes over a real socket.")
        step(["status", RUN, "--workspace", "948"], environment)
        say("One of its nodes:")
        step(["status", "--node", f"{RUN}/{NODE}"], environment)
        say("The same for programs, with a run that does not exist: exit code 4.")
        step(["status", RUN, "flow-unheard-of", "--format", "jsonl"], environment, code=4)
        say("With a wrong secret the service refuses, and the exit code says so: 7.")
        step(["status", RUN], {**environment, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}, code=7)


def wait() -> str:
    """Wait for the scenario's runs, and return what the terminal shows of it."""
    say(
        "Now a service on which three runs live, a minute in each second. It throttles every third call, and one run fails."
    )
    with mock_service("--scenario", "demo", "--fault", "throttling:retry_after=500ms,every=3") as environment:
        say("Wait for all of them, and for a node. The throttling is waited out; a failed run makes exit code 1.")
        command = ["wait", *RUNS, "--node", "flow-train/node-data", "--timeout", "5m"]
        return step(command, environment, code=1)


def say(words: str) -> None:
    """Print what comes next."""
    print(f"\n# {words}", flush=True)


@contextlib.contextmanager
def mock_service(*options: str) -> Iterator[dict[str, str]]:
    """Run `paiflow mock`, and give the environment that leads a client to it."""
    command = ["mock", "--port", "0", *options]
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


def step(arguments: list[str], environment: Mapping[str, str], *, code: int = 0) -> str:
    """Run the command, print what it prints as it comes, and return all of it.

    Raises:
        DemoError: its exit code is not the expected one.
    """
    shown = f"$ paiflow {shlex.join(arguments)}\n"
    print(shown, end="", flush=True)
    with subprocess.Popen(
        [PAIFLOW, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - Popen was told to make a pipe
        for line in process.stdout:
            print(line, end="", flush=True)
            shown += line
    if process.returncode != code:
        raise DemoError(f"exit code {process.returncode}, where {code} was due")
    if code:
        print(f"[exit code {code}]", flush=True)
    return f"{shown}$ echo $?\n{code}\n"


def draw(session: str, path: Path) -> None:
    """Write what a terminal shows as an SVG."""
    from rich.console import Console  # noqa: PLC0415 - only for the picture
    from rich.text import Text  # noqa: PLC0415 - only for the picture

    width = max(map(len, session.splitlines()))
    console = Console(record=True, width=width, file=io.StringIO())
    for line in session.splitlines():
        console.print(Text(line, style="bold" if line.startswith("$") else ""))
    console.save_svg(str(path), title="paiflow wait", unique_id="paiflow-wait")


if __name__ == "__main__":
    sys.exit(main())
