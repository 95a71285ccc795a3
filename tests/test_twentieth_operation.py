"""A new operation is description and nothing else: method, types, exports, command line and mock follow.

This does what CONTRIBUTING.md says: it adds an operation to openapi.yaml, and runs scripts/regenerate.
"""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tooling import generation, regenerate

ROOT = generation.ROOT

# What a maintainer writes, before the line of the first path.
OPERATION = """\
  /api/v1/budgets/{BudgetId}/costs:
    get:
      operationId: ListPipelineRunCosts
      summary: List what a run has cost
      description: Costs are known an hour after the run has ended.
      tags: [pipeline-runs]
      externalDocs:
        url: https://www.alibabacloud.com/help/en/pai/developer-reference/api-paiflow-2021-02-02-listpipelineruncosts
      x-ram-action: paiflow:ListPipelineRunCosts
      parameters:
        - name: BudgetId
          in: path
          required: true
          description: The run's id. ListPipelineRuns returns the ids.
          schema: {type: string, examples: [flow-1]}
        - name: Currency
          in: query
          description: The currency of the costs. The default is CNY.
          schema: {type: string, enum: [CNY, USD], examples: [CNY]}
        - name: Verbose
          in: query
          description: Whether to return each node.
          schema: {type: boolean, examples: [false]}
      responses:
        "200":
          description: The costs.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/ListPipelineRunCostsResponse"}
              examples:
                documented:
                  summary: The sample response of the vendor's page, to the letter
                  value: {"RequestId": "R-1", "Costs": [{"NodeId": "node-1", "Amount": 1.5, "GmtCreateTime": "2021-01-21T17:12:35.232Z"}]}
"""

SCHEMAS = """\
    ListPipelineRunCostsResponse:
      type: object
      properties:
        RequestId: {type: string, description: The request's id.}
        Costs:
          type: array
          description: What each node has cost.
          items: {$ref: "#/components/schemas/Cost"}
    Cost:
      type: object
      properties:
        NodeId: {type: string, description: The node.}
        Amount: {type: number, description: How much.}
        GmtCreateTime: {type: string, description: When this was computed.}
"""

SCRIPT = """
import asyncio, inspect, json
import httpx
import paiflow
from paiflow.mock import MockService, MockTransport
from paiflow_api.methods import AsyncMethods, Methods
from paiflow_api.operations import LIST_PIPELINE_RUN_COSTS

service = MockService()
sent = []
inner = MockTransport(service)


class Kept(httpx.BaseTransport, httpx.AsyncBaseTransport):
    def handle_request(self, request):
        sent.append(f"{request.method} {request.url.raw_path.decode()} {request.headers['x-acs-action']}")
        return inner.handle_request(request)

    async def handle_async_request(self, request):
        return await inner.handle_async_request(request)


settings = {"endpoint": "http://127.0.0.1", "credentials": service.credentials, "transport": Kept()}
with paiflow.PaiFlow(**settings) as client:
    reply = client.list_pipeline_run_costs("flow 1", currency="USD", verbose=True)
    by_name = client.call("ListPipelineRunCosts", BudgetId="flow-1").parsed
    refusals = []
    for arguments in ({"currency": "EUR"}, {"budget_id": ".."}, {"curency": "USD"}):
        try:
            client.call("ListPipelineRunCosts", **{"budget_id": "flow-1", **arguments})
        except paiflow.InvalidRequest as error:
            refusals.append(error.message)


async def main():
    async with paiflow.AsyncPaiFlow(**settings) as client:
        return await client.list_pipeline_run_costs("flow-1")


print(json.dumps({
    "sent": sent,
    "costs": [(cost.node_id, cost.amount, cost.gmt_create_time.isoformat()) for cost in reply.costs],
    "same": reply.costs == by_name.costs == asyncio.run(main()).costs,
    "reply": type(reply).__name__,
    "exported": sorted({"Cost", "ListPipelineRunCostsResponse"} & set(paiflow.__all__)),
    "refusals": refusals,
    "doc": inspect.getdoc(Methods.list_pipeline_run_costs),
    "coroutine": inspect.iscoroutinefunction(AsyncMethods.list_pipeline_run_costs),
    "repeatable": LIST_PIPELINE_RUN_COSTS.repeatable,
    "static": list(service.static),
}))
"""

TYPED = """
from typing import assert_type

import paiflow

client = paiflow.PaiFlow("cn-hangzhou")
reply = client.list_pipeline_run_costs("flow-1", currency="USD", verbose=True)
assert_type(reply, paiflow.ListPipelineRunCostsResponse)
assert_type(reply.costs, list[paiflow.Cost])
assert_type(reply.costs[0].amount, float | None)
client.list_pipeline_run_costs(budget_id="flow-1", currency=None)
client.list_pipeline_run_costs("flow-1", "USD")  # type: ignore[call-arg]
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The description with one more operation, and what scripts/regenerate writes."""
    folder = tmp_path_factory.mktemp("twenty")
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    for place, added in (("\npaths:\n", OPERATION), ("\n  schemas:\n", SCHEMAS)):
        assert place in text
        text = text.replace(place, place + added, 1)
    (folder / "openapi.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "overlays", folder / "overlays")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(generation, "DESCRIPTION", folder / "openapi.yaml")
        monkeypatch.setattr(generation, "OVERLAYS", folder / "overlays")
        monkeypatch.setattr(generation, "GENERATED", folder / "generated")
        monkeypatch.setattr(generation, "PACKAGE", folder / "generated" / "paiflow_api")
        assert 0 == regenerate.main([])
    return folder


def python(tree, *command):
    """Return what Python prints with the package of that description in the place of ours."""
    environment = {**os.environ, "PYTHONPATH": f"{tree / 'generated'}{os.pathsep}{ROOT / 'src'}"}
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=tree, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def found(tree):
    """What the script tells."""
    finished = python(tree, "-c", SCRIPT)

    assert 0 == finished.returncode, finished.stderr
    return json.loads(finished.stdout)


def test_its_method_sends_what_the_description_says(found):
    assert [
        "GET /api/v1/budgets/flow%201/costs?Currency=USD&Verbose=true ListPipelineRunCosts",
        "GET /api/v1/budgets/flow-1/costs ListPipelineRunCosts",
    ] == found["sent"]
    assert [True, True] == [found["repeatable"], found["coroutine"]]


def test_the_mock_answers_its_sample_and_says_that_it_is_static(found):
    assert [["node-1", 1.5, "2021-01-21T17:12:35.232000+00:00"]] == found["costs"]
    assert found["same"]
    assert ["ListPipelineRunCosts"] == found["static"]


def test_its_models_are_exported(found):
    assert ["Cost", "ListPipelineRunCostsResponse"] == found["exported"]
    assert "ListPipelineRunCostsResponse" == found["reply"]


def test_its_arguments_are_checked(found):
    assert [
        "currency must be one of CNY, USD, not 'EUR'",
        "budget_id must be an id, not '..'",
        "there is no argument 'curency'; did you mean currency?",
    ] == found["refusals"]


@pytest.mark.parametrize(
    "told",
    [
        "List what a run has cost.",
        "Costs are known an hour after the run has ended.",
        "budget_id: The run's id. `list_pipeline_runs` returns the ids.",
        "currency: The currency of the costs. The default is CNY. One of CNY or USD.",
        "paiflow.AccessDenied: The account lacks the permission paiflow:ListPipelineRunCosts",
        "paiflow.NotFound: It does not exist, or this account cannot see it.",
        "Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-paiflow-2021-02-02-listpipelineruncosts",
    ],
)
def test_its_docstring_says_how_to_call_it(found, told):
    assert told in " ".join(found["doc"].split())


def test_it_is_strictly_typed(tree):
    (tree / "typed.py").write_text(TYPED, encoding="utf-8")
    command = ["-m", "mypy", "--strict", "--config-file=", "typed.py"]
    finished = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "MYPYPATH": f"{tree / 'generated'}{os.pathsep}{ROOT / 'src'}"},
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == finished.returncode, finished.stdout


def test_nothing_else_is_touched_by_hand():
    """CONTRIBUTING.md tells these steps, and names no file that does not exist."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = text.partition("an operation is added\n")[2].partition("\n## ")[0]
    named = re.findall(r"`(?:\$EDITOR )?((?:scripts|src|overlays|tests|generated)/[\w./-]*|[\w]+\.(?:yaml|md))", steps)

    assert ["openapi.yaml", "scripts/regenerate"] == [
        name for name in named if name in ("openapi.yaml", "scripts/regenerate")
    ][:2]
    assert "client.py" not in steps
    assert [] == [name for name in named if "NNN" not in name and not (ROOT / name).exists()]


def test_the_contract_checks_judge_it(tree):
    finished = python(tree, "-m", "paiflow.contract", "--operation", "ListPipelineRunCosts", "--examples", "1")
    [counted] = [line.split() for line in finished.stdout.splitlines() if line.startswith("ListPipelineRunCosts ")]

    assert 0 == finished.returncode, finished.stdout + finished.stderr
    assert int(counted[1]) > 200
    assert "ListPipelineRunCosts: what it answers (there is no model of it)" in finished.stdout
