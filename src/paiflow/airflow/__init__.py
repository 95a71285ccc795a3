"""Run PAI from Airflow 3: a hook, operators, a sensor, and a trigger whose waits share one poll.

    from paiflow.airflow.operators import PaiFlowRunPipelineOperator

Needs the extra `airflow`. Airflow finds this package by its entry point `apache_airflow_provider`. What decides (settings,
keys, endings) stands in modules that do not import Airflow.

| module | holds |
|---|---|
| hooks | PaiFlowHook: a connection, and clients by it |
| operators | submit, run, wait, stop and rerun |
| sensors | PaiFlowRunSensor |
| triggers | PaiFlowRunTrigger |
| links | PaiFlowRunLink |
"""

from __future__ import annotations

from typing import Any, Final

CONNECTION_TYPE: Final = "paiflow"
_INTEGRATION: Final = "Alibaba Cloud PAI"


def get_provider_info() -> dict[str, Any]:
    """Return the description of the provider that Airflow asks for. Imports nothing of Airflow."""

    def modules(name: str) -> list[dict[str, Any]]:
        return [{"integration-name": _INTEGRATION, "python-modules": [f"{__name__}.{name}"]}]

    return {
        "package-name": "paiflow-client",
        "name": "Alibaba Cloud PAI (PAIFlow)",
        "description": "Run and wait for pipelines of Alibaba Cloud PAI.",
        "integrations": [
            {
                "integration-name": _INTEGRATION,
                "external-doc-url": "https://www.alibabacloud.com/help/en/pai/",
                "tags": ["service"],
            }
        ],
        "operators": modules("operators"),
        "sensors": modules("sensors"),
        "hooks": modules("hooks"),
        "triggers": modules("triggers"),
        "extra-links": [f"{__name__}.links.PaiFlowRunLink"],
        "connection-types": [
            {
                "connection-type": CONNECTION_TYPE,
                "hook-class-name": f"{__name__}.hooks.PaiFlowHook",
                "hook-name": "Alibaba Cloud PAI (PAIFlow)",
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port", "extra"],
                    "relabeling": {"host": "Endpoint", "login": "Access key id", "password": "Access key secret"},
                    "placeholders": {
                        "host": "empty for the region's",
                        "login": "empty for the vendor's credentials chain",
                    },
                },
                "conn-fields": {
                    "region": _field("Region", "such as cn-hangzhou"),
                    "workspace_id": _field("Workspace id", "of runs, where a task names no other"),
                    "aiworkspace_endpoint": _field("Endpoint of AIWorkSpace", "empty for the region's"),
                    "security_token": _field("Security token", "of temporary keys", format="password"),
                    "vpc": {
                        "label": "Inside a VPC",
                        "description": "take the region's endpoints inside Alibaba Cloud's own network",
                        "schema": {"type": ["boolean", "null"], "default": False},
                    },
                },
            }
        ],
    }


def _field(label: str, description: str, **schema: str) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": ["string", "null"], **schema}}
