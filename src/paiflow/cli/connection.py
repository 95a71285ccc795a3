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

    def client(self) -> PaiFlow:
        """Return a client. A workspace that is given by its name is looked up.

        Raises:
            PaiFlowError: an option will not do, or there is no such workspace.
        """
        from paiflow import PaiFlow  # noqa: PLC0415 - --help needs none of it

        return PaiFlow(**self._arguments())

    def async_client(self) -> AsyncPaiFlow:
        """Return a client for asyncio, as `client` does."""
        from paiflow import AsyncPaiFlow  # noqa: PLC0415 - --help needs none of it

        return AsyncPaiFlow(**self._arguments())

    def _arguments(self) -> dict[str, Any]:
        from paiflow import PaiFlow  # noqa: PLC0415 - --help needs none of it
        from paiflow.cli.workspaces import id_of  # noqa: PLC0415 - as above
        from paiflow.client.endpoint import ENDPOINT  # noqa: PLC0415 - as above

        if self.region is not None and self.endpoint is None and os.environ.get(ENDPOINT):
            say(f"{ENDPOINT} is set and overrides --region {self.region}: unset it, or give --endpoint")
        given = {"endpoint": self.endpoint, "region": self.region, "timeout": self.timeout}
        arguments: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if self.workspace is None:
            return arguments
        if self.workspace and not self.workspace.isdecimal():
            with PaiFlow(**arguments) as client:
                return {**arguments, "workspace_id": id_of(client, self.workspace)}
        return {**arguments, "workspace_id": self.workspace}
