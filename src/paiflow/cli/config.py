"""The command `paiflow config`: each setting that a client would go by, and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Final

import attrs
import click

from paiflow import PaiFlowError
from paiflow.cli import options
from paiflow.cli.connection import Connection
from paiflow.cli.exit_codes import ExitCode
from paiflow.cli.output import Column, Output, View
from paiflow.cli.words import say
from paiflow.client import profile
from paiflow.client.endpoint import AIWORKSPACE, ENDPOINT, PAIFLOW, REGION, Endpoints, variable_of
from paiflow.client.environment import proxy_of
from paiflow.credentials import KEY_ID, TOKEN, in_environment


@attrs.frozen
class Setting:
    """A setting in force: a secret is shown as `…`."""

    name: str
    value: str | None
    source: str | None


_VIEW: Final[View[Setting]] = View(
    kind="Setting",
    plural="Settings",
    name=lambda one: one.name,
    columns=(
        Column("Setting", lambda one: one.name),
        Column("Value", lambda one: one.value),
        Column("From", lambda one: one.source),
    ),
    wire=attrs.asdict,
)


@click.command()
@options.examples("paiflow config", "paiflow config --region cn-hangzhou")
@options.connection()
@options.output()
@click.pass_context
def config(context: click.Context, connection: Connection, output: Output) -> None:
    """Show each setting and where it comes from, without secrets.

    Nothing is sent.

    Ends with 0 if a client could be made of them, else with 2 or 7, and says what is wrong.
    """
    faults: list[PaiFlowError] = []

    def attempt(make: Callable[[], Iterator[Setting]]) -> list[Setting]:
        try:
            return list(make())
        except PaiFlowError as error:
            faults.append(error)
            return []

    found = [
        *attempt(lambda: _endpoints(connection.endpoint, connection.region)),
        *attempt(lambda: _profile(connection.workspace)),
        *attempt(_credentials),
        *attempt(_certificates),
    ]
    _write(found, output)
    for fault in faults:
        say(str(fault))
    context.exit(faults[0].exit_code if faults else ExitCode.SUCCEEDED)


def _endpoints(endpoint: str | None, region: str | None) -> Iterator[Setting]:
    given = profile.in_force(os.environ)
    named = (
        (region, "--region"),
        (os.environ.get(REGION), REGION),
        (given.region if given else None, _of_profile(given)),
    )
    value, source = next((one for one in named if one[0]), (None, None))
    yield Setting("region", value, source)
    urls = Endpoints(endpoint, None, value, False, False, os.environ)
    ways = ((endpoint, "--endpoint"), (os.environ.get(ENDPOINT), ENDPOINT), (True, "the region"))
    yield Setting("endpoint", url := urls.of(PAIFLOW), next(way for there, way in ways if there))
    for other in urls.all()[1:]:
        variable = variable_of(AIWORKSPACE)
        yield Setting("endpoint of AIWorkSpace", other, variable if os.environ.get(variable) else "the region")
    proxy = proxy_of(url)
    yield Setting("proxy", str(proxy.url) if proxy else None, "the environment" if proxy else None)


def _profile(workspace: str | None) -> Iterator[Setting]:
    given = profile.in_force(os.environ)
    if workspace is not None:
        yield Setting("workspace", workspace, "--workspace")
    else:
        value = given.workspace_id if given else None
        yield Setting("workspace", value, _of_profile(given) if value else None)
    way = profile.VARIABLE if os.environ.get(profile.VARIABLE) else "current"
    yield Setting("profile", given.name if given else None, f"{profile.SHOWN}, {way}" if given else None)
    profile.load(os.environ)  # says what is wrong with the file


def _credentials() -> Iterator[Setting]:
    found = in_environment(os.environ)
    given = profile.in_force(os.environ)
    if found is not None:
        shown = dict(found.__rich_repr__())
        yield Setting("access key", shown["access_key_id"], KEY_ID)
        yield Setting("security token", shown["security_token"], TOKEN if found.security_token else None)
    elif given is not None and given.mode:
        yield Setting("access key", "…", f"{_of_profile(given)}, mode {given.mode}")
    else:
        yield Setting("access key", None, "the vendor's chain, which is asked when a request is sent")


def _certificates() -> Iterator[Setting]:
    name = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), None)
    yield Setting("certificates", os.environ[name] if name else "certifi's", name)


def _of_profile(given: profile.Profile | None) -> str | None:
    return f"{profile.SHOWN}, profile {given.name}" if given else None


def _write(settings: list[Setting], output: Output) -> None:
    if output.form == "json":
        output.json({one.name: {"value": one.value, "source": one.source} for one in settings})
    else:
        output.write(_VIEW, settings)
