"""The command-line parser that all commands of scripts/ share."""

from __future__ import annotations

import argparse


def parser_of(name: str, doc: str | None) -> argparse.ArgumentParser:
    """Return the parser of a script, whose help is the docstring of its module."""
    summary, _, details = (doc or "").partition("\n")
    return argparse.ArgumentParser(
        prog=f"scripts/{name}",
        description=summary,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
