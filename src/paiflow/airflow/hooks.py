"""PaiFlowHook: a connection of Airflow's, and clients by it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook

from paiflow import AsyncPaiFlow, PaiFlow, PaiFlowError
from paiflow.airflow import CONNECTION_TYPE
from paiflow.airflow.settings import Settings


class PaiFlowHook(BaseHook):
    """Makes clients by a connection of type paiflow.

    Host is the endpoint, login and password are the keys. Extra holds region, workspace_id, aiworkspace_endpoint, vpc and
    security_token. Without keys, the environment's are taken, or those of the vendor's own chain.

    Args:
        paiflow_conn_id: the connection.
        workspace_id: instead of the connection's.
    """

    conn_name_attr = "paiflow_conn_id"
    default_conn_name = "paiflow_default"
    conn_type = CONNECTION_TYPE
    hook_name = "Alibaba Cloud PAI (PAIFlow)"

    def __init__(
        self, paiflow_conn_id: str = default_conn_name, workspace_id: str | int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.paiflow_conn_id = paiflow_conn_id
        self.workspace_id = workspace_id

    def settings(self) -> Settings:
        """Return the settings of the connection."""
        return Settings.of(self.get_connection(self.paiflow_conn_id), self.workspace_id)

    async def asettings(self) -> Settings:
        """Return the same without blocking the event loop of a triggerer."""
        return Settings.of(await self.aget_connection(self.paiflow_conn_id), self.workspace_id)

    def get_conn(self) -> PaiFlow:
        """Return a client. Close it, or use it in a `with`."""
        return self.settings().client()

    async def aget_conn(self) -> AsyncPaiFlow:
        """Return a client to await. Close it with `aclose`, or use it in an `async with`."""
        return (await self.asettings()).async_client()

    def test_connection(self) -> tuple[bool, str]:
        """Return whether runs can be listed, and the words for it."""
        try:
            with self.get_conn() as client:
                client.list_pipeline_runs(page_size=1)
        except PaiFlowError as error:
            return False, str(error)
        return True, "the service answers, and lists runs"
