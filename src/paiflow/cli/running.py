"""Run a command to its exit code: every error is one line on stderr, never a traceback."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from collections.abc import Sequence
from typing import Final

import click

from paiflow.cli.exit_codes import ExitCode, of_error, of_signal
from paiflow.cli.stopping import Stop
from paiflow.cli.words import discard, say
from paiflow.errors import PaiFlowError

_EXPECTED: Final = (
    click.exceptions.Exit,
    click.ClickException,
    click.Abort,
    PaiFlowError,
    KeyboardInterrupt,
    SystemExit,
    OSError,
    ImportError,
    RecursionError,
)


def run_command(command: click.Command, arguments: Sequence[str], stop: Stop) -> int:
    """Return the exit code of a command that is given these arguments; it finds `stop` as the context's `obj`."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not end the command.
        with contextlib.suppress(AttributeError):  # a stream that something else put there, or none
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # What the client would warn of the command says by itself.
    logging.getLogger("paiflow").addHandler(logging.NullHandler())
    try:
        code = command.main(list(arguments), prog_name="paiflow", standalone_mode=False, obj=stop)
        if sys.stdout is not None:  # it is, where the shell closed it
            sys.stdout.flush()
    except ModuleNotFoundError:  # of the extra that brings the command
        raise
    except _EXPECTED as error:
        code = _ended(error, stop)
    return code if isinstance(code, int) else ExitCode.SUCCEEDED


def _ended(error: BaseException, stop: Stop) -> int:  # noqa: PLR0911 - a table of errors
    """Report an error on stderr and return its exit code."""
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.exceptions.NoArgsIsHelpError():  # of commands that have commands
            click.echo(error.format_message(), err=True)
            return ExitCode.USAGE
        case click.ClickException():
            return _complain(_usage_message(error), ExitCode.USAGE)
        case PaiFlowError():
            return _complain(str(error), of_error(error))
        case KeyboardInterrupt() | click.Abort():
            number = stop.number or signal.SIGINT
            return _complain("terminated" if number == signal.SIGTERM else "interrupted", of_signal(number))
        case SystemExit(code=0):  # a shell's completion is done
            return ExitCode.SUCCEEDED
        case BrokenPipeError() | SystemExit():  # SystemExit is how click takes a closed pipe
            discard(sys.stdout)
            return ExitCode.CLOSED_PIPE
        case OSError():  # such as a full disk behind stdout
            code = _complain(f"cannot write: {error.strerror or error}", ExitCode.SERVICE)
            discard(sys.stdout)
            return code
        case _:
            return _complain(str(error), ExitCode.USAGE if isinstance(error, ImportError) else ExitCode.SERVICE)


def _complain(message: str, code: int) -> int:
    for line in message.split("\n"):  # a scenario may have several faults
        say(line)
    return code


def _usage_message(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see {context.command_path} --help)" if context else ""
    message = error.format_message()
    if isinstance(error, click.MissingParameter):  # choices are a line each
        message = " ".join(message.split())
    return f"{message.rstrip('.')}{hint}"
