"""Regenerate generated/paiflow_api from the description and its overlays, or list the files that are stale.

The package is written whole to a folder beside it and swapped in, or, with --check, compared byte by byte. Anything
else lies in generated/ is not generated: it counts as stale, and goes. A run that was interrupted leaves the package as
it was; one that was killed leaves `.new` or `.old` behind, and the next one puts that right.
Exit status: 0 up to date or written, 1 stale or not possible, 2 usage, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from paiflow._yaml import YamlError
from paiflow.overlays import OverlayError
from tooling import generation, stale_report, taken_names
from tooling.errors import GenerationError

# What the package is called while it is swapped; nothing else has these names.
FRESH, FORMER = ".new", ".old"
# Seconds between two looks at the inputs.
WATCH_INTERVAL = 0.5


def main(arguments: list[str] | None = None, sleep: Callable[[float], None] = time.sleep) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="scripts/regenerate", description=__doc__.partition("\n")[0])
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument(
        "--check", action="store_true", help="write nothing; list what is stale and exit 1 if anything is"
    )
    modes.add_argument(
        "--watch", action="store_true", help="stay, and regenerate whenever description, overlays or templates change"
    )
    parser.add_argument(
        "--json", metavar="FILE", help="with --check: write what is stale as JSON too; - is stdout, instead of the text"
    )
    parser.add_argument("--junit", metavar="FILE", help="with --check: write what is stale as JUnit's XML too")
    options = parser.parse_args(arguments)
    if (options.json or options.junit) and not options.check:
        parser.error("--json and --junit go with --check")
    with termination_raised():
        try:
            if options.watch:
                watch(sleep)
            return run(lambda: check(options.json, options.junit)) if options.check else run(update)
        except KeyboardInterrupt:
            return 0 if options.watch else 128 + signal.SIGINT


@contextlib.contextmanager
def termination_raised() -> Iterator[None]:
    """Let SIGTERM raise SystemExit in here, so that what was begun is undone."""

    def stop(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def watch(sleep: Callable[[float], None]) -> None:
    """Regenerate, and again at each change of what goes in, until interrupted."""
    seen: dict[Path, tuple[int, int]] = {}
    while True:
        # Looked at before generating, so that a change in the meantime is one more change.
        if (now := stamps()) != seen:
            seen = now
            run(update)
        sleep(WATCH_INTERVAL)


def stamps() -> dict[Path, tuple[int, int]]:
    """Return time of change and size of each file that goes in."""
    folders = (generation.OVERLAYS, generation.TEMPLATES, generation.SUPPORT)
    found = {}
    for path in (generation.DESCRIPTION, *(path for folder in folders for path in folder.rglob("*"))):
        with contextlib.suppress(OSError):  # an editor may have just put another in its place
            status = path.stat()
            found[path] = (status.st_mtime_ns, status.st_size)
    return found


def run(step: Callable[[], int]) -> int:
    """Run a step and return its exit status, or say in one line why it is not possible."""
    try:
        return step()
    except (GenerationError, OverlayError, YamlError, OSError) as error:
        reason = str(error)
    except RecursionError:
        reason = "the description nests too deeply"
    print(f"scripts/regenerate: {reason}", file=sys.stderr, flush=True)
    return 1


def check(json: str | None = None, junit: str | None = None) -> int:
    """Say what is stale, and write nothing but the reports that are asked for.

    Args:
        json: the file for the report as JSON; `-` is stdout, instead of the text.
        junit: the file for the report as JUnit's XML.
    """
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder, generation.PACKAGE.name)
        generate(fresh)
        with locked(generation.GENERATED, fcntl.LOCK_SH):
            stale = differences(fresh)
    if junit:
        Path(junit).write_bytes(stale_report.as_junit(stale))
    if json == "-":
        print(stale_report.as_json(stale), flush=True)
    else:
        if json:
            Path(json).write_text(stale_report.as_json(stale) + "\n", encoding="utf-8")
        report(stale)
    if stale:
        print("generated/ does not match openapi.yaml and overlays/: run scripts/regenerate", file=sys.stderr)
    return 1 if stale else 0


def generate(target: Path) -> None:
    """Write the package to a folder, which must not exist.

    Raises:
        GenerationError: it cannot be generated right, or the client has one of its names already.
    """
    generation.generate(generation.effective_description(), target)
    taken_names.check(target)


def update() -> int:
    """Put a fresh package in the place of the present one, and say what was stale."""
    generated = generation.GENERATED
    generated.mkdir(exist_ok=True)
    with locked(generated, fcntl.LOCK_EX):
        restore()
        remove(generated / FRESH)
        try:
            generate(generated / FRESH)
            stale = differences(generated / FRESH)
            if stale:
                swap(generated / FRESH)
        finally:
            remove(generated / FRESH)
        for path in strangers():
            remove(path)
    report(stale)
    return 0


def report(stale: list[str]) -> None:
    """Print what is stale, or that nothing is."""
    lines = stale or [f"generated/{generation.PACKAGE.name} is up to date"]
    print("\n".join(lines), flush=True)


@contextlib.contextmanager
def locked(folder: Path, kind: int) -> Iterator[None]:
    """Wait for other runs on the same folder, and let them wait; a folder that is not there needs no lock."""
    if not folder.is_dir():
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)


def swap(fresh: Path) -> None:
    """Replace the package by `fresh`; if that is interrupted, the old package stays."""
    package, former = generation.PACKAGE, generation.GENERATED / FORMER
    try:
        if package.exists():
            package.rename(former)
        fresh.rename(package)
    finally:
        restore()


def restore() -> None:
    """Put the former package back where none is in its place; else remove it."""
    package, former = generation.PACKAGE, generation.GENERATED / FORMER
    if former.exists() and not package.exists():
        former.rename(package)
    remove(former)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def differences(fresh: Path) -> list[str]:
    """Return a line for each file in generated/ that is not as in `fresh`, the package as it should be."""
    package = generation.PACKAGE
    wanted, found = files(fresh), files(package)
    lines = []
    for name in sorted(wanted | found):
        if name not in found:
            lines.append(f"missing: {name}")
        elif name not in wanted:
            lines.append(f"not generated: {name}")
        elif (fresh / name).read_bytes() != (package / name).read_bytes():
            lines.append(f"stale: {name}")
    return lines + [f"not generated: ../{path.name}" for path in strangers() if path != fresh]


def strangers() -> list[Path]:
    """Return the files beside the package, without the interpreter's caches."""
    beside = generation.GENERATED.iterdir() if generation.GENERATED.is_dir() else ()
    return sorted(path for path in beside if path != generation.PACKAGE and path.name != "__pycache__")


def files(folder: Path) -> set[str]:
    """Return the relative paths of a folder's files, without the interpreter's caches."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if "__pycache__" not in path.parts}


if __name__ == "__main__":
    sys.exit(main())
