"""The generated package follows from description, overlays and templates, byte for byte, whole or not at all."""

import hashlib
import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import openapi_python_client
import pytest

from paiflow import _yaml
from paiflow_api import outcomes, provenance
from tooling import generation, regenerate

ROOT = generation.ROOT

# Ours include these upstream templates; when one changes, look at what changed, then at what we make of it.
UPSTREAM_TEMPLATES = {
    "model.py.jinja": "fd1c79680d51c06cfbb89809ad123750ba9add98b688036c04cabbf1f8ba40a0",
    "endpoint_module.py.jinja": "c1b2628053eb4875ba59566baa5ae907666f9cbfafa308d93f970a4404b7cd52",
}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree of its own to regenerate in, with a copy of what stands here."""
    for name in ("openapi.yaml", "overlays", "generated"):
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    monkeypatch.setattr(generation, "DESCRIPTION", tmp_path / "openapi.yaml")
    monkeypatch.setattr(generation, "OVERLAYS", tmp_path / "overlays")
    for module in (generation, regenerate):
        monkeypatch.setattr(module, "ROOT", tmp_path)
        monkeypatch.setattr(module, "PACKAGE", tmp_path / "generated" / "paiflow_api")
    return tmp_path


def edit(path, old, new):
    """Replace one text in a file, which must be there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def snapshot(folder):
    """The bytes of every file below a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_generated_is_up_to_date(capsys):
    status = regenerate.main(["--check"])

    assert (0, "generated/paiflow_api is up to date\n") == (status, capsys.readouterr().out)


def test_two_generations_give_the_same_bytes_under_another_hash_seed(tmp_path):
    script = (
        "import sys, pathlib; from tooling.generation import *; "
        "generate(effective_description(), pathlib.Path(sys.argv[1]) / 'paiflow_api')"
    )
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "scripts")}
        subprocess.run([sys.executable, "-c", script, str(tmp_path / seed)], env=environment, check=True)

    assert snapshot(tmp_path / "1") == snapshot(tmp_path / "2")
    assert snapshot(tmp_path / "1" / "paiflow_api") == {
        path: content for path, content in snapshot(generation.PACKAGE).items() if "__pycache__" not in path.parts
    }


def test_every_generated_file_has_the_banner():
    for name in regenerate.files(generation.PACKAGE):
        text = (generation.PACKAGE / name).read_text()

        assert text.startswith(generation.BANNER), name


def test_an_edit_of_the_description_is_found_and_mended(tree, capsys):
    edit(tree / "openapi.yaml", "description: The run's name.", "description: What its owner called the run.")

    assert regenerate.main(["--check"]) == 1
    assert "stale: models/pipeline_run.py\n" in capsys.readouterr().out
    assert regenerate.main([]) == 0
    assert "What its owner called the run." in (tree / "generated/paiflow_api/models/pipeline_run.py").read_text()
    assert regenerate.main(["--check"]) == 0


def test_a_new_field_of_a_reply_becomes_a_typed_field(tree):
    edit(tree / "openapi.yaml", "        NodeName:\n", "        Retries:\n          type: integer\n        NodeName:\n")

    assert regenerate.main([]) == 0
    assert "retries: int | None = None" in (tree / "generated/paiflow_api/models/node.py").read_text()


@pytest.mark.parametrize("mode", [["--check"], []])
def test_hand_edits_missing_and_strange_files_are_found_and_mended(tree, capsys, mode):
    package = tree / "generated/paiflow_api"
    before = snapshot(package)
    edit(package / "client.py", "class Client", "class  Client")
    (package / "models/node.py").unlink()
    (package / "models/extra.py").write_text("")
    status = regenerate.main(mode)

    assert capsys.readouterr().out == "stale: client.py\nnot generated: models/extra.py\nmissing: models/node.py\n"
    assert status == (1 if mode else 0)
    assert (before == snapshot(package)) is not bool(mode)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("openapi: 3.1.0", "openapi: [", "openapi.yaml"),
        ("title: PAIFlow", "title: PAIFlow\ntitle: again", "openapi.yaml"),
        ('$ref: "#/components/schemas/Node"', '$ref: "#/components/schemas/Nodule"', "the generator could not take"),
        ("        GmtCreateTime:\n", "        CreatedAt:\n", "040-timestamps.yaml"),
    ],
)
def test_what_cannot_be_generated_is_one_line_and_leaves_everything_as_it_was(tree, capsys, old, new, reason):
    before = snapshot(tree / "generated")
    edit(tree / "openapi.yaml", old, new)
    status = regenerate.main([])
    said = capsys.readouterr()

    assert status == 1
    assert said.out == ""
    assert said.err.startswith("scripts/regenerate: ")
    assert said.err.count("\n") == 1
    assert reason in said.err
    assert before == snapshot(tree / "generated")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "          - Unknown\n",
            "          - Unknown\n          - Paused\n",
            "PipelineRunStatus: enum and x-paiflow-outcomes differ on Paused",
        ),
        ("Skipped: stopped", "Skipped: finished", "PipelineRunStatus: no such outcome: finished"),
    ],
)
def test_a_status_without_an_outcome_is_refused(tree, capsys, old, new, reason):
    edit(tree / "overlays/050-statuses.yaml", old, new)

    assert regenerate.main([]) == 1
    assert f"scripts/regenerate: {reason}\n" == capsys.readouterr().err


def test_a_swap_that_fails_leaves_the_package_as_it_was(tree, monkeypatch, capsys):
    before = snapshot(tree / "generated")
    edit(tree / "openapi.yaml", "description: The run's name.", "description: Another.")
    rename = Path.rename

    def fail_for_the_fresh_one(self, target):
        if self.parent.name.startswith(".new-") and self.name == "paiflow_api":
            raise OSError("disk on fire")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_fresh_one)
    status = regenerate.main([])

    assert (1, "scripts/regenerate: disk on fire\n") == (status, capsys.readouterr().err)
    assert before == snapshot(tree / "generated")


def test_a_missing_package_is_generated(tree):
    shutil.rmtree(tree / "generated")

    assert regenerate.main([]) == 0
    assert (tree / "generated/paiflow_api/py.typed").exists()


def test_the_package_tells_what_it_was_made_from():
    def sha256(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert sha256(ROOT / "openapi.yaml") == provenance.DESCRIPTION
    assert {path.name: sha256(path) for path in (ROOT / "overlays").iterdir()} == provenance.OVERLAYS
    assert f"openapi-python-client {openapi_python_client.__version__}" == provenance.GENERATOR


def test_the_effective_description_is_in_the_package():
    description = _yaml.load((generation.PACKAGE / "openapi.yaml").read_text())

    assert generation.effective_description() == description


def test_the_upstream_templates_that_ours_include_are_the_known_ones():
    found = {
        name: hashlib.sha256((generation.STOCK_TEMPLATES / name).read_bytes()).hexdigest()
        for name in generation.INCLUDED_TEMPLATES
    }

    assert UPSTREAM_TEMPLATES == found


def test_outcomes_are_as_the_design_says():
    """The table of outcomes, written out a second time, by hand."""
    both = {
        "Succeeded": "succeeded",
        "Failed": "failed",
        "Terminated": "stopped",
        "Suspended": "stopped",
        "Running": "active",
        "Starting": "active",
        "WorkflowServiceStarting": "active",
        "ReadyToSchedule": "active",
        "Terminating": "active",
        "Initialized": "active",
        "Unknown": "unknown",
    }

    assert {**both, "Skipped": "stopped"} == outcomes.PIPELINE_RUN_STATUS
    assert {**both, "Skipped": "succeeded"} == outcomes.NODE_STATUS


def test_requests_and_replies_go_through_the_generated_operation(monkeypatch):
    """Breaking the generated operation breaks the client: there is no second way."""
    import httpx

    import paiflow

    operation = importlib.import_module("paiflow_api.api.pipeline_runs.list_pipeline_runs_status")
    monkeypatch.setattr(operation, "_get_kwargs", lambda body: {"method": "PUT", "url": "/elsewhere", "json": {}})
    monkeypatch.setattr(operation, "read_json", lambda content: {"RequestId": "decoded by the operation"})
    asked = []

    def answer(request):
        asked.append(request.url.path)
        return httpx.Response(200, content=b"{}")

    client = paiflow.PaiFlow(
        "cn-hangzhou", credentials=paiflow.Credentials("id", "secret"), transport=httpx.MockTransport(answer)
    )
    reply = client.list_pipeline_runs_status(pipeline_runs=["flow-a"])

    assert asked == ["/elsewhere"]
    assert reply.request_id == "decoded by the operation"
