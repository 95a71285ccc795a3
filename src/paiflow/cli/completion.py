"""The command `paiflow completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from paiflow.cli import options


@click.command()
@options.examples(
    'eval "$(paiflow completion bash)"  # in ~/.bashrc; zsh likewise in ~/.zshrc',
    "paiflow completion fish > ~/.config/fish/completions/paiflow.fish",
)
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, options, statuses and run ids in a shell."""
    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - click has these shells
    click.echo(made(context.find_root().command, {}, "paiflow", "_PAIFLOW_COMPLETE").source())
