"""Write messages to the user of the command: on stderr, one line each."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

import click

from paiflow._text import visible


def say(text: str) -> None:
    """Write a line to stderr; a closed stderr is no reason to fail."""
    try:
        click.echo(f"paiflow: {visible(text)}", err=True)
    except OSError:
        discard(sys.stderr)


def shown_line(line: str) -> str:
    """Return a line of a log: all but tabs that does not print is escaped."""
    return "\t".join(map(visible, line.rstrip("\r\n").split("\t")))


def discard(stream: TextIO) -> None:
    """Discard all further output of a stream: its reader has gone, and buffered text must not fail at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
