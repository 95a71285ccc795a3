"""Run a command to its exit code: every error is one line on stderr, never a traceback.

0 answered, 2 usage, 130 interrupted; the other codes are those of the errors (paiflow.errors).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from paiflow.cli.text import visible
from paiflow.errors import InvalidRequest, PaiFlowError

USAGE: Final = 2
INTERRUPTED: Final = 130


def run_command(command: click.Command, arguments: Sequence[str]) -> int:
    """Return the exit code of a command that is given these arguments."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not end the command.
        with contextlib.suppress(AttributeError):  # a stream that something else put there
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = command.main(list(arguments), prog_name="paiflow", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as wanted:
        code = wanted.exit_code
    except click.ClickException as error:
        code = _complain(_usage_message(error), USAGE)
    except PaiFlowError as error:
        code = _complain(str(error), exit_code(error))
    except (KeyboardInterrupt, click.Abort):
        code = _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read stdout has had enough. What is still buffered must go nowhere, not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (ImportError, RecursionError) as error:
        code = _complain(str(error), USAGE if isinstance(error, ImportError) else PaiFlowError.exit_code)
    return code if isinstance(code, int) else 0


def exit_code(error: PaiFlowError) -> int:
    """Return the code that the command ends with; a request that was not even sent is a matter of usage."""
    return USAGE if isinstance(error, InvalidRequest) and error.status is None else error.exit_code


def _complain(message: str, code: int) -> int:
    click.echo(f"paiflow: {visible(message)}", err=True)
    return code


def _usage_message(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see {context.command_path} --help)" if context else ""
    return f"{error.format_message().rstrip('.')}{hint}"
