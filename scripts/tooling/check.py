"""Run every check that is not a test: style, types, the description, and whether generated/ is up to date.

Exit status: 0 all hold, 1 one does not; the others run all the same.
"""

from __future__ import annotations

import subprocess
import sys

from tooling.generation import ROOT

CHECKS = {
    "ruff check": ["ruff", "check", "--quiet", "--output-format=concise", "."],
    "ruff format": ["ruff", "format", "--quiet", "--check", "."],
    "mypy": ["mypy"],
    "lint of description and overlays": ["tooling.lint"],
    "generated/ is up to date": ["tooling.regenerate", "--check"],
}


def main() -> int:
    """Run all checks and return the exit status."""
    failed = []
    for name, (module, *arguments) in CHECKS.items():
        finished = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        print(f"{'ok' if finished.returncode == 0 else 'FAILED':6}  {name}", flush=True)
        if finished.returncode:
            failed.append(name)
            print(finished.stdout + finished.stderr, end="", flush=True)
    print(f"{len(failed)} of {len(CHECKS)} checks failed" if failed else f"all {len(CHECKS)} checks hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
