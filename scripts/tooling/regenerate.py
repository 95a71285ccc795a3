"""Bring generated/paiflow_api up to date with the description and its overlays, or say what is stale.

The package is written whole to a folder beside it and swapped in, or, with --check, compared byte by byte.
Exit status: 0 up to date or written, 1 stale or not possible, 2 usage.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from paiflow._yaml import YamlError
from paiflow.overlays import OverlayError
from tooling.generation import PACKAGE, ROOT, GenerationError, effective_description, generate


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="scripts/regenerate", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; list what is stale and exit 1 if anything is"
    )
    options = parser.parse_args(arguments)
    try:
        description = effective_description()
        PACKAGE.parent.mkdir(exist_ok=True)
        # Beside the package, so that swapping it in is a rename.
        with tempfile.TemporaryDirectory(dir=PACKAGE.parent, prefix=".new-") as folder:
            fresh = Path(folder, PACKAGE.name)
            generate(description, fresh)
            stale = differences(fresh, PACKAGE)
            if not options.check and stale:
                swap(fresh, PACKAGE)
    except (GenerationError, OverlayError, YamlError, OSError) as error:
        print(f"scripts/regenerate: {error}", file=sys.stderr)
        return 1
    for line in stale:
        print(line)
    if options.check and stale:
        print("generated/ does not match openapi.yaml and overlays/: run scripts/regenerate", file=sys.stderr)
        return 1
    if not stale:
        print(f"{PACKAGE.relative_to(ROOT)} is up to date")
    return 0


def differences(fresh: Path, present: Path) -> list[str]:
    """Return a line for each file of `present` that is not as in `fresh`, in order of path."""
    wanted, found = files(fresh), files(present)
    lines = []
    for name in sorted(wanted | found):
        if name not in found:
            lines.append(f"missing: {name}")
        elif name not in wanted:
            lines.append(f"not generated: {name}")
        elif (fresh / name).read_bytes() != (present / name).read_bytes():
            lines.append(f"stale: {name}")
    return lines


def files(folder: Path) -> set[str]:
    """Return the relative paths of a folder's files, without the interpreter's caches."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if "__pycache__" not in path.parts}


def swap(fresh: Path, present: Path) -> None:
    """Put `fresh` where `present` is; if that fails, `present` is what it was."""
    old = fresh.with_name("old")
    if present.exists():
        present.rename(old)
    try:
        fresh.rename(present)
    except OSError:
        if old.exists():
            old.rename(present)
        raise
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
