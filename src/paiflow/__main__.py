"""`python -m paiflow` is the command."""

from paiflow.cli import main

main()
