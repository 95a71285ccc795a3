"""Run the command."""

import sys

from tooling.bench.command import main

if __name__ == "__main__":
    sys.exit(main())
