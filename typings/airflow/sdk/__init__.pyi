# The part of Airflow's SDK that paiflow.airflow uses, for type checkers: Airflow itself has an environment of its own.
from collections.abc import Mapping, Sequence
from datetime import timedelta
from logging import Logger
from typing import Any, NoReturn

from airflow.triggers.base import BaseTrigger

class Connection:
    conn_id: str
    schema: str | None
    host: str | None
    port: int | None
    login: str | None
    password: str | None
    extra: str | None

class BaseHook:
    def __init__(self, logger_name: str | None = None) -> None: ...
    @classmethod
    def get_connection(cls, conn_id: str) -> Connection: ...
    @classmethod
    async def aget_connection(cls, conn_id: str) -> Connection: ...
    def get_conn(self) -> Any: ...

class BaseOperatorLink:
    name: str
    def get_link(self, operator: Any, *, ti_key: Any) -> str: ...

class BaseOperator:
    template_fields: Sequence[str]
    template_ext: Sequence[str]
    template_fields_renderers: dict[str, str]
    operator_extra_links: Sequence[BaseOperatorLink]
    execution_timeout: timedelta | None
    log: Logger
    def __init__(self, *, task_id: str, **kwargs: Any) -> None: ...
    def execute(self, context: Mapping[str, Any]) -> Any: ...
    def on_kill(self) -> None: ...
    def defer(self, *, trigger: BaseTrigger, method_name: str, kwargs: dict[str, Any] | None = None) -> NoReturn: ...

class BaseSensorOperator(BaseOperator):
    timeout: float
    def poke(self, context: Mapping[str, Any]) -> bool: ...
