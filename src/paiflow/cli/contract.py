"""The command `paiflow contract`: check a service against the description."""

from __future__ import annotations

import click


@click.command(
    add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def contract(arguments: tuple[str, ...]) -> None:
    """Check a service against the description.

    The service is the mock, or any endpoint. See paiflow contract --help.

    Ends with 0 if the service conforms, 1 if it does not, 2 if it could not be checked.
    """
    from paiflow.contract import main as judge  # noqa: PLC0415 - needs an extra, and no other command needs it

    try:
        code: object = judge(list(arguments), "paiflow contract")
    except SystemExit as left:  # how argparse leaves
        code = left.code
    raise click.exceptions.Exit(code if isinstance(code, int) else 2)
