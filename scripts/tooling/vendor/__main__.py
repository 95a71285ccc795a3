"""Run the command."""

import sys

from tooling.vendor.command import main

if __name__ == "__main__":
    sys.exit(main())
