"""Run every check that is not a test: style, types, imports, the description, and whether generated/ is up to date.

Exit status: 0 all hold, 1 one does not; the others run all the same.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tooling.generation import ROOT

PYTHON = [sys.executable, "-m"]
LINT_IMPORTS = str(Path(sys.executable).with_name("lint-imports"))

CHECKS = {
    "ruff check": [*PYTHON, "ruff", "check", "--quiet", "--output-format=concise", "."],
    "ruff format": [*PYTHON, "ruff", "format", "--quiet", "--check", "."],
    "mypy": [*PYTHON, "mypy"],
    "imports point one way": [LINT_IMPORTS, "--no-logo", "--no-cache"],
    "lint of description and overlays": [*PYTHON, "tooling.lint"],
    "generated/ is up to date": [*PYTHON, "tooling.regenerate", "--check"],
}


def main() -> int:
    """Run all checks and return the exit status."""
    failed = []
    for name, command in CHECKS.items():
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        print(f"{'ok' if finished.returncode == 0 else 'FAILED':6}  {name}", flush=True)
        if finished.returncode:
            failed.append(name)
            print(finished.stdout + finished.stderr, end="", flush=True)
    print(f"{len(failed)} of {len(CHECKS)} checks failed" if failed else f"all {len(CHECKS)} checks hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
