"""Read the files that commands are given; `-` is stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

# A manifest of more is no manifest: the service's requests are far smaller.
_MOST: Final = 16 * 2**20


def text_of(file: str) -> str:
    """Return the text of a file.

    Raises:
        click.UsageError: it cannot be read, is too large, or is not UTF-8.
    """
    shown = "stdin" if file == "-" else file
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_MOST + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(_MOST + 1)
    except (OSError, ValueError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.UsageError(f"cannot read {shown}: {reason}") from None
    if len(content) > _MOST:
        raise click.UsageError(f"cannot read {shown}: it has more than {_MOST // 2**20} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"cannot read {shown}: it is not UTF-8 (byte {error.start})") from None


def manifest_of(file: str, *, check: bool) -> str:
    """Return the text of a manifest.

    Args:
        file: its name.
        check: refuse it for what is certainly wrong.

    Raises:
        click.UsageError: it cannot be read, or something is wrong with it; it names the first problem.
    """
    text = text_of(file)
    if check:
        from paiflow.manifests import check_manifest  # noqa: PLC0415 - --help needs none of it

        if problems := check_manifest(text):
            shown = "stdin" if file == "-" else file
            more = f"; {len(problems) - 1} more: paiflow manifest check shows them" if len(problems) > 1 else ""
            raise click.UsageError(f"{shown}:{problems[0]}{more}; --no-check sends it as it is")
    return text
