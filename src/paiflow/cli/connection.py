"""The service that a command talks to, as its options say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import attrs

from paiflow.cli.words import say

if TYPE_CHECKING:
    from paiflow import AsyncPaiFlow, PaiFlow


@attrs.frozen
class Connection:
    """Where the service is, how long to wait for it, and the workspace to look in.

    Attributes:
        endpoint: of --endpoint.
        region: of --region.
        timeout: seconds for each phase of a request, of --request-timeout.
        workspace: an id or a name, of --workspace; None for the profile's.
    """

    endpoint: str | None
    region: str | None
    timeout: float | None
    workspace: str | None

    def client(self, *, in_workspace: bool = False) -> PaiFlow:
        """Return a client. A workspace that is given by its name is looked up.

        Args:
            in_workspace: it is to make something, which needs a workspace.

        Raises:
            PaiFlowError: an option will not do, or there is no such workspace, or none where one is needed.
        """
        from paiflow import PaiFlow  # noqa: PLC0415 - --help needs none of it
        from paiflow.errors import ConfigurationError  # noqa: PLC0415 - as above

        client = PaiFlow(**self._arguments())
        if in_workspace and not client.workspace_id:
            client.close()
            raise ConfigurationError("no workspace: give --workspace ID|NAME, or set one in the profile")
        return client

    def async_client(self) -> AsyncPaiFlow:
        """Return a client for asyncio, as `client` does."""
        from paiflow import AsyncPaiFlow  # noqa: PLC0415 - --help needs none of it

        return AsyncPaiFlow(**self._arguments())

    def _arguments(self) -> dict[str, Any]:
        from paiflow import PaiFlow  # noqa: PLC0415 - --help needs none of it
        from paiflow.client.endpoint import ENDPOINT  # noqa: PLC0415 - as above

        if self.region is not None and self.endpoint is None and os.environ.get(ENDPOINT):
            say(f"{ENDPOINT} is set and overrides --region {self.region}: unset it, or give --endpoint")
        given = {"endpoint": self.endpoint, "region": self.region, "timeout": self.timeout}
        arguments: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if self.workspace is None:
            return arguments
        if self.workspace and not self.workspace.isdecimal():
            with PaiFlow(**arguments) as client:
                return {**arguments, "workspace_id": _workspace_id(client, self.workspace)}
        return {**arguments, "workspace_id": self.workspace}


def _workspace_id(client: PaiFlow, name: str) -> str:
    """Return the id of the workspace of this name.

    Raises:
        ConfigurationError: there is none, or there are several.
        PaiFlowError: as of ListWorkspaces.
    """
    from paiflow._text import close_to  # noqa: PLC0415 - --help needs none of it
    from paiflow.errors import ConfigurationError  # noqa: PLC0415 - as above

    found = list(client.iter_workspaces(workspace_name=name))
    ids = [one.workspace_id for one in found if one.workspace_name == name and one.workspace_id]
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise ConfigurationError(f"several workspaces are named {name}: give an id, one of {', '.join(ids)}")
    known = [one.workspace_name for one in client.iter_workspaces() if one.workspace_name]
    near = close_to(name, known) or f"; there are: {', '.join(known[:8]) or 'none'}"
    raise ConfigurationError(f"no workspace is named {name}{near}")
