"""Run the command."""

import sys

from paiflow.contract.command import main

if __name__ == "__main__":
    sys.exit(main())
