"""The command `paiflow doctor`: try each thing that a call depends on, and say what to mend."""

from __future__ import annotations

import platform
import socket
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

import attrs
import click

from paiflow._distribution import NAME, PACKAGES, installed
from paiflow.cli import exit_codes, options
from paiflow.cli.connection import Connection
from paiflow.cli.exit_codes import ExitCode
from paiflow.cli.output import Column, Output, View
from paiflow.cli.tables import Styled
from paiflow.errors import PaiFlowError
from paiflow_api.calling import Operation
from paiflow_api.operations import OPERATIONS

if TYPE_CHECKING:
    from paiflow import PaiFlow, Response

# Seconds by which two clocks may differ: requests are refused from 15 minutes on.
_SKEW: Final = 60
State = Literal["ok", "failed", "not tried"]
_OUTCOMES: Final[dict[State, str]] = {"ok": "succeeded", "failed": "failed", "not tried": "unknown"}


@attrs.frozen
class Finding:
    """What came of one check.

    Attributes:
        check: what was tried.
        state: what came of it.
        detail: what was found, or what to do.
        error: the failure, for the exit code.
    """

    check: str
    state: State
    detail: str
    error: PaiFlowError | None = None


_VIEW: Final[View[Finding]] = View(
    kind="Check",
    plural="Checks",
    name=lambda one: one.check if one.state == "failed" else None,
    columns=(
        Column("Check", lambda one: one.check),
        Column("Status", lambda one: Styled(one.state, _OUTCOMES[one.state])),
        Column("Detail", lambda one: one.detail),
    ),
    wire=lambda one: {"Check": one.check, "State": one.state, "Detail": one.detail},
)


@click.command()
@options.examples("paiflow doctor", "paiflow doctor --region cn-hangzhou -o json")
@options.connection()
@options.output()
@click.pass_context
def doctor(context: click.Context, connection: Connection, output: Output) -> None:
    """Try each thing that a call depends on, and say what to mend.

    It looks up the service's name, compares the clocks, finds credentials, and calls each operation that only reads. What
    changes something is not tried; the RAM action that it needs is shown.

    Ends with 0 if nothing failed, else with the code of the first failure.
    """
    found: list[Finding] = []

    def checks() -> Iterator[Finding]:
        for finding in _checks(connection):
            found.append(finding)
            yield finding

    output.write(_VIEW, checks())
    failed = next((one for one in found if one.state == "failed"), None)
    if failed is not None:
        context.exit(ExitCode.SERVICE if failed.error is None else exit_codes.of_error(failed.error))


def _checks(connection: Connection) -> Iterator[Finding]:
    extras = ", ".join(extra for extra in PACKAGES if installed(extra)) or "none"
    yield Finding("versions", "ok", f"paiflow {version(NAME)}, Python {platform.python_version()}; extras: {extras}")
    try:
        client = connection.client()
    except PaiFlowError as error:
        yield Finding("settings", "failed", str(error), error)
        return
    with client:
        yield Finding("settings", "ok", f"endpoint {client.endpoint}")
        name = _name(client.endpoint)
        yield name
        if name.state != "failed":
            yield from _calls(client)


def _name(endpoint: str) -> Finding:
    """Look up the name of the service's host, unless a proxy does."""
    from paiflow.client.environment import proxy_of  # noqa: PLC0415 - --help needs none of it
    from paiflow.client.routes import region_hint  # noqa: PLC0415 - as above

    host = urlsplit(endpoint).hostname or ""
    proxy = proxy_of(endpoint)
    if proxy is not None:
        return Finding("name", "not tried", f"the proxy {proxy.url.host} looks up {host}")
    try:
        addresses = sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None)})
    except OSError as error:
        mend = region_hint(host) or "check the region and the network"
        return Finding("name", "failed", f"{host} is not known ({error.strerror or error}): {mend}")
    return Finding("name", "ok", f"{host} is {', '.join(addresses[:3])}")


def _calls(client: PaiFlow) -> Iterator[Finding]:
    """Call each operation that only reads; what is found is what the next ones ask for."""
    known: dict[str, Any] = {"page_size": 1, "depth": 1}
    reads = [operation for operation in OPERATIONS.values() if operation.repeatable]
    reached = False
    for operation in sorted(reads, key=lambda one: one.path.count("{")):
        arguments, lacking = _arguments(operation, known)
        if lacking:
            detail = f"nothing was found to ask for ({lacking}); needs {operation.ram_action}"
            yield Finding(operation.name, "not tried", detail)
            continue
        answer = _answer(client, operation, arguments)
        if isinstance(answer, PaiFlowError):
            yield Finding(operation.name, "failed", str(answer), answer)
            # Without a permission the service was reached; anything else fails for all others too.
            if not reached and operation.ram_action not in str(answer):
                return
        elif not reached:
            yield Finding("credentials", "ok", "the service accepts the signature")
            yield _clock(client, answer)
        if not isinstance(answer, PaiFlowError):
            yield Finding(operation.name, "ok", "answered")
            _learn(answer.parsed, known)
        reached = True
    for operation in OPERATIONS.values():
        if not operation.repeatable:
            yield Finding(operation.name, "not tried", f"it changes something; needs {operation.ram_action}")


def _answer(client: PaiFlow, operation: Operation[Any], arguments: dict[str, Any]) -> Response[Any] | PaiFlowError:
    try:
        return client.call(operation, **arguments)
    except PaiFlowError as error:
        return error


def _clock(client: PaiFlow, response: Response[Any]) -> Finding:
    try:
        theirs = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except ValueError:
        return Finding("clock", "not tried", "the reply names no date")
    skew = client.time.now() - theirs
    if abs(skew) > _SKEW:
        way = "ahead of" if skew > 0 else "behind"
        return Finding("clock", "failed", f"this machine is {abs(skew):.0f} s {way} the service: set its clock")
    return Finding("clock", "ok", f"within {_SKEW} s of the service's")


def _arguments(operation: Operation[Any], known: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the arguments of a call, and the name of one that is lacking."""
    arguments: dict[str, Any] = {}
    for parameter in operation.parameters:
        needed = parameter.required or parameter.name in operation.any_of[:1] or parameter.argument == "page_size"
        if needed and parameter.argument in known:
            arguments[parameter.argument] = known[parameter.argument]
        elif needed and parameter.argument != "page_size":
            return {}, parameter.name
    return arguments, ""


def _learn(reply: Any, known: dict[str, Any]) -> None:
    """Take the ids that a reply names."""
    for run in getattr(reply, "pipeline_runs", ())[:1]:
        found = {"pipeline_run_id": run.pipeline_run_id, "node_id": run.node_id, "pipeline_runs": [run.pipeline_run_id]}
        known |= {name: value for name, value in found.items() if value}
    for pipeline in getattr(reply, "pipelines", ())[:1]:
        known["pipeline_id"] = pipeline.pipeline_id
