"""Generate the package with the generator and ruff of this interpreter; tooling.upcoming runs it elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

from tooling import generation
from tooling.errors import GenerationError


def main(target: Path) -> int:
    """Write the package to a folder that must not exist, and return the exit status."""
    try:
        generation.generate(generation.effective_description(), target)
    except GenerationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
