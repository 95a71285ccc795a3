"""Run a command to its exit code: every error is one line on stderr, never a traceback."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from collections.abc import Sequence

import click

from paiflow.cli.exit_codes import ExitCode, of_error, of_signal
from paiflow.cli.stopping import Stop
from paiflow.cli.words import discard, say
from paiflow.errors import PaiFlowError


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
    except click.exceptions.Exit as wanted:
        code = wanted.exit_code
    except click.ClickException as error:
        code = _complain(_usage_message(error), ExitCode.USAGE)
    except PaiFlowError as error:
        code = _complain(str(error), of_error(error))
    except (KeyboardInterrupt, click.Abort):
        number = stop.number or signal.SIGINT
        code = _complain("terminated" if number == signal.SIGTERM else "interrupted", of_signal(number))
    except (BrokenPipeError, SystemExit):  # SystemExit is how click takes a closed pipe
        discard(sys.stdout)
        code = ExitCode.CLOSED_PIPE
    except (ImportError, RecursionError) as error:
        code = _complain(str(error), ExitCode.USAGE if isinstance(error, ImportError) else ExitCode.SERVICE)
    except OSError as error:  # such as a full disk behind stdout
        code = _complain(f"cannot write: {error.strerror or error}", ExitCode.SERVICE)
        discard(sys.stdout)
    return code if isinstance(code, int) else ExitCode.SUCCEEDED


def _complain(message: str, code: int) -> int:
    for line in message.split("\n"):  # a scenario may have several faults
        say(line)
    return code


def _usage_message(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see {context.command_path} --help)" if context else ""
    return f"{error.format_message().rstrip('.')}{hint}"
