"""Run every check that is not a test: style, types, imports, the description, and whether generated/ is up to date.

Exit status: 0 all hold, 1 one does not; the others run all the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tooling.generation import ROOT

PYTHON = [sys.executable, "-m"]
PROGRAMS = Path(sys.executable).parent

CHECKS = {
    "ruff check": [*PYTHON, "ruff", "check", "--quiet", "--output-format=concise", "."],
    "ruff format": [*PYTHON, "ruff", "format", "--quiet", "--check", "."],
    "mypy": [*PYTHON, "mypy"],
    "types of all that is public": [str(PROGRAMS / "basedpyright"), "--verifytypes", "paiflow", "--ignoreexternal"],
    "imports point one way": [str(PROGRAMS / "lint-imports"), "--no-logo", "--no-cache"],
    "lint of description and overlays": [*PYTHON, "tooling.lint"],
    "spelling and plain words": [str(PROGRAMS / "codespell")],
    "generated/ is up to date": [*PYTHON, "tooling.regenerate", "--check"],
}


def main(arguments: list[str] | None = None) -> int:
    """Run all checks and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args(arguments)
    # basedpyright reads the packages of the first Python on the path, and of PYTHONPATH.
    paths = {"PATH": [str(PROGRAMS), os.environ.get("PATH", "")], "PYTHONPATH": [*sys.path, str(ROOT / "typings")]}
    environment = {**os.environ, **{name: os.pathsep.join(filter(None, parts)) for name, parts in paths.items()}}
    failed = []
    for name, command in CHECKS.items():
        finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        print(f"{'ok' if finished.returncode == 0 else 'FAILED':6}  {name}", flush=True)
        if finished.returncode:
            failed.append(name)
            print(finished.stdout + finished.stderr, end="", flush=True)
    print(f"{len(failed)} of {len(CHECKS)} checks failed" if failed else f"all {len(CHECKS)} checks hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
