"""The settings of a connection, and the clients made by them. Does not import Airflow."""

from __future__ import annotations

import json
from typing import Any, Final, Protocol

import attrs

from paiflow import AsyncPaiFlow, Credentials, PaiFlow
from paiflow.errors import ConfigurationError

_TRUE: Final = frozenset({True, "true", "True", "1", "yes"})


class Connection(Protocol):
    """The part of an Airflow connection that is read."""

    conn_id: Any
    schema: Any
    host: Any
    port: Any
    login: Any
    password: Any
    extra: Any


@attrs.frozen(kw_only=True)
class Settings:
    """Where to call, as whom, and in which workspace. Equal settings share one poller.

    Attributes:
        region: such as cn-hangzhou.
        endpoint: of PAIFlow, instead of the region's.
        aiworkspace_endpoint: of AIWorkSpace, likewise.
        workspace_id: the workspace of calls that name none.
        vpc: whether the region's endpoints are those inside its private network.
        credentials: None for the environment's, or the vendor's own chain.
    """

    region: str | None = None
    endpoint: str | None = None
    aiworkspace_endpoint: str | None = None
    workspace_id: str | None = None
    vpc: bool = False
    credentials: Credentials | None = None

    @classmethod
    def of(cls, connection: Connection, workspace_id: str | int | None = None) -> Settings:
        """Return the settings of a connection; `workspace_id` wins over the connection's.

        Raises:
            ConfigurationError: its extra is no JSON object.
            CredentialsError: half a pair of keys.
        """
        extra = _extra(connection)
        workspace = workspace_id or extra.get("workspace_id") or None
        return cls(
            region=extra.get("region") or None,
            endpoint=extra.get("endpoint") or _endpoint(connection),
            aiworkspace_endpoint=extra.get("aiworkspace_endpoint") or None,
            workspace_id=None if workspace is None else str(workspace),
            vpc=extra.get("vpc") in _TRUE,
            credentials=_credentials(connection, extra.get("security_token") or None),
        )

    def client(self) -> PaiFlow:
        """Return a client that blocks."""
        return PaiFlow(**self._arguments())

    def async_client(self) -> AsyncPaiFlow:
        """Return a client to await."""
        return AsyncPaiFlow(**self._arguments())

    def page(self, pipeline_run_id: str) -> str:
        """Return the URL of a run's page in the console; empty if region or workspace is not known.

        Source: the page of GetPipelineRun, PipelineRunUri. The service's own may hold a share token.
        """
        if self.region is None or self.workspace_id is None or not pipeline_run_id:
            return ""
        query = f"regionId={self.region}&workspaceId={self.workspace_id}"
        return f"https://pai.console.aliyun.com/?{query}#/studio/task/detail/{pipeline_run_id}"

    def _arguments(self) -> dict[str, Any]:
        return attrs.asdict(self, recurse=False)


def _extra(connection: Connection) -> dict[str, Any]:
    # Not by Airflow's extra_dejson, which blocks in a triggerer.
    try:
        extra = json.loads(connection.extra or "{}")
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise ConfigurationError(f"connection {connection.conn_id!r}: its extra must be a JSON object")
    return extra


def _endpoint(connection: Connection) -> str | None:
    """Return the endpoint that host, port and schema name: `http://127.0.0.1:8080`, or its parts."""
    if not connection.host:
        return None
    scheme = f"{connection.schema}://" if connection.schema in ("http", "https") else ""
    host = connection.host if "://" in connection.host else f"{scheme}{connection.host}"
    return f"{host}:{connection.port}" if connection.port else str(host)


def _credentials(connection: Connection, token: str | None) -> Credentials | None:
    if not connection.login and not connection.password and not token:
        return None
    return Credentials(connection.login or "", connection.password or "", token)
