"""The generated package follows from description, overlays and templates, byte for byte, whole or not at all."""

import ast
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import openapi_python_client
import pytest

from paiflow import _yaml
from paiflow_api import outcomes, provenance
from tooling import generation, regenerate

ROOT = generation.ROOT
# The description of a schema, which becomes the docstring of its class.
JOB = "description: A job.\n"


OVERLAY = """
overlay: 1.1.0
info: {title: What each status means, version: 1.0.0}
actions:
  - target: $.components.schemas.JobStatus
    description: Evidence.
    update:
      x-paiflow-outcomes:
        Running: active
        ReadyToSchedule: active
        Done: succeeded
"""


def use(monkeypatch, folder):
    """Let the tools work in a folder."""
    monkeypatch.setattr(generation, "DESCRIPTION", folder / "openapi.yaml")
    monkeypatch.setattr(generation, "OVERLAYS", folder / "overlays")
    monkeypatch.setattr(generation, "GENERATED", folder / "generated")
    monkeypatch.setattr(generation, "PACKAGE", folder / "generated" / "paiflow_api")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small description with an overlay, and what is generated from them."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copyfile(Path(__file__).with_name("data") / "jobs.yaml", folder / "openapi.yaml")
    edit(
        folder / "openapi.yaml",
        "\n      x-paiflow-outcomes: {Running: active, ReadyToSchedule: active, Done: succeeded}",
        "",
    )
    (folder / "overlays").mkdir()
    (folder / "overlays/010-statuses.yaml").write_text(OVERLAY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as monkeypatch:
        use(monkeypatch, folder)
        regenerate.main([])
    return folder


@pytest.fixture
def tree(made, tmp_path, monkeypatch):
    """The same in a folder of the test's own, in which the tools work."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    use(monkeypatch, tmp_path)
    return tmp_path


def edit(path, old, new):
    """Replace one text in a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def snapshot(folder):
    """The bytes of every file below a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_generated_is_up_to_date(capsys):
    status = regenerate.main(["--check"])

    assert (0, "generated/paiflow_api is up to date\n") == (status, capsys.readouterr().out)


def test_another_hash_seed_gives_the_same_bytes(tmp_path):
    """As those that were committed, and those that this process gives."""
    script = (
        "import sys, pathlib; from tooling.generation import *; "
        "generate(effective_description(), pathlib.Path(sys.argv[1]) / 'paiflow_api')"
    )
    environment = {"PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT / "scripts")}
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=environment, check=True)

    assert snapshot(tmp_path / "paiflow_api") == {
        path: content for path, content in snapshot(generation.PACKAGE).items() if "__pycache__" not in path.parts
    }


def test_every_generated_file_has_the_banner():
    for name in regenerate.files(generation.PACKAGE):
        text = (generation.PACKAGE / name).read_text(encoding="utf-8")

        assert text.startswith(generation.BANNER), name


def test_an_edit_of_the_description_is_found_and_mended(tree, capsys):
    edit(tree / "openapi.yaml", JOB, "description: What its owner runs.\n")

    assert regenerate.main(["--check"]) == 1
    assert "stale: models/job.py\n" in capsys.readouterr().out
    assert regenerate.main([]) == 0
    assert "What its owner runs." in (tree / "generated/paiflow_api/models/job.py").read_text(encoding="utf-8")
    assert regenerate.main(["--check"]) == 0


def test_a_new_field_of_a_reply_becomes_a_typed_field(tree):
    edit(tree / "openapi.yaml", "        Arguments: {", "        Retries: {type: integer}\n        Arguments: {")

    assert regenerate.main([]) == 0
    assert "retries: int | None = None" in (tree / "generated/paiflow_api/models/job.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", [["--check"], []])
def test_hand_edits_missing_and_strange_files_are_found_and_mended(tree, capsys, mode):
    package = tree / "generated/paiflow_api"
    before = snapshot(package)
    edit(package / "calling.py", "class Call", "class  Call")
    (package / "models/job.py").unlink()
    (package / "models/extra.py").write_text("", encoding="utf-8")
    status = regenerate.main(mode)

    assert capsys.readouterr().out == "stale: calling.py\nnot generated: models/extra.py\nmissing: models/job.py\n"
    assert status == (1 if mode else 0)
    assert (before == snapshot(package)) is not bool(mode)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("openapi: 3.1.0", "openapi: [", "openapi.yaml"),
        ("title: Jobs", "title: Jobs\n  title: again", "openapi.yaml"),
        (
            '- $ref: "#/components/schemas/Dated"',
            '- $ref: "#/components/schemas/Nodule"',
            "#/components/schemas/JobSummary/allOf/1: $ref #/components/schemas/Nodule names nothing in the description",
        ),
        (
            "CreatedAt: {type: string, format: date-time}",
            "CreatedAt: {enum: [1, 2]}",
            "Dated.CreatedAt: an enum of numbers is not supported in a reply",
        ),
        (
            "operationId: GetJob\n",
            "operationId: Wait\n",
            "no operation can be called wait: the client has something else",
        ),
        ("operationId: GetJob\n", "operationId: Endpoint\n", "no operation can be called endpoint: "),
        (
            "\n  schemas:\n",
            "\n  schemas:\n    NotFound: {enum: [a]}\n",
            "no schema can be called NotFound: paiflow.NotFound is something",
        ),
        ("operationId: GetJob\n", "operationId: ListJobs\n", "ListJobs: more than one method would be list_jobs"),
        ("    JobStatus:\n", "    WorkStatus:\n", "010-statuses.yaml"),
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
        ("Done: succeeded", "Paused: active", "JobStatus: enum and x-paiflow-outcomes differ on Done, Paused"),
        ("Done: succeeded", "Done: finished", "JobStatus: no such outcome: finished"),
    ],
)
def test_a_status_without_an_outcome_is_refused(tree, capsys, old, new, reason):
    edit(tree / "overlays/010-statuses.yaml", old, new)

    assert regenerate.main([]) == 1
    assert f"scripts/regenerate: {reason}\n" == capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(OSError("disk on fire"), 1), (KeyboardInterrupt(), 130), (SystemExit(143), 143), (MemoryError(), MemoryError)],
)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("moved", ["paiflow_api", ".new"])
def test_whatever_stops_a_swap_the_package_is_there(tree, monkeypatch, moved, when, error, outcome):
    before = snapshot(tree / "generated")
    edit(tree / "openapi.yaml", JOB, "description: Another.\n")
    rename = Path.rename

    def stopped(self, target):
        if self.name != moved:
            return rename(self, target)
        if when == "after":
            rename(self, target)
        raise error

    monkeypatch.setattr(Path, "rename", stopped)
    try:
        status = regenerate.main([])
    except (SystemExit, MemoryError) as raised:
        status = raised.code if isinstance(raised, SystemExit) else type(raised)
    after = snapshot(tree / "generated")

    assert outcome == status
    assert {path.parts[0] for path in after} == {"paiflow_api"}
    assert (before == after) is not (moved == ".new" and when == "after")


def test_sigterm_leaves_everything_as_it_was(tree, monkeypatch):
    before = snapshot(tree / "generated")
    edit(tree / "openapi.yaml", JOB, "description: Another.\n")
    monkeypatch.setattr(generation, "run_ruff", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as raised:
        regenerate.main([])

    assert raised.value.code == 143
    assert before == snapshot(tree / "generated")
    assert [path.name for path in (tree / "generated").iterdir()] == ["paiflow_api"]
    assert handler == signal.getsignal(signal.SIGTERM)


def test_what_a_killed_run_left_behind_is_found_and_removed(tree, capsys):
    for name in (".new", ".old"):
        shutil.copytree(tree / "generated/paiflow_api", tree / "generated" / name)

    assert regenerate.main(["--check"]) == 1
    assert capsys.readouterr().out == "not generated: ../.new\nnot generated: ../.old\n"
    assert regenerate.main([]) == 0
    assert capsys.readouterr().out == "generated/paiflow_api is up to date\n"
    assert [path.name for path in (tree / "generated").iterdir()] == ["paiflow_api"]


def test_the_package_that_a_killed_run_moved_away_is_put_back(tree):
    """Even where a new one cannot be generated."""
    before = snapshot(tree / "generated")
    (tree / "generated/paiflow_api").rename(tree / "generated/.old")
    edit(tree / "openapi.yaml", "openapi: 3.1.0", "openapi: [")

    assert regenerate.main([]) == 1
    assert before == snapshot(tree / "generated")


def test_strange_files_beside_the_package_are_found_and_removed(tree, capsys):
    (tree / "generated/notes.txt").write_text("", encoding="utf-8")
    (tree / "generated/other").mkdir()

    assert regenerate.main(["--check"]) == 1
    assert regenerate.main([]) == 0
    assert capsys.readouterr().out == "not generated: ../notes.txt\nnot generated: ../other\n" * 2
    assert [path.name for path in (tree / "generated").iterdir()] == ["paiflow_api"]


def test_a_check_writes_nothing(tree):
    shutil.rmtree(tree / "generated")

    assert regenerate.main(["--check"]) == 1
    assert not (tree / "generated").exists()


def test_a_check_tells_machines_what_is_stale(tree, capsys):
    json_file, junit_file = tree / "stale.json", tree / "stale.xml"
    reports = ["--check", "--json", str(json_file), "--junit", str(junit_file)]
    regenerate.main([])
    fine = (
        regenerate.main(reports),
        json.loads(json_file.read_text(encoding="utf-8")),
        ET.fromstring(junit_file.read_bytes()),
    )
    (tree / "generated" / "paiflow_api" / "outcomes.py").write_text("edited", encoding="utf-8")
    stale = (
        regenerate.main(reports),
        json.loads(json_file.read_text(encoding="utf-8")),
        ET.fromstring(junit_file.read_bytes()),
    )
    capsys.readouterr()
    status = regenerate.main(["--check", "--json", "-"])

    assert fine[:2] == (0, {"up_to_date": True, "stale": []})
    assert [suite.attrib["failures"] for suite in fine[2]] == ["0"]
    assert [case.attrib["name"] for case in fine[2].iter("testcase")] == ["generated/ is up to date"]
    assert stale[:2] == (1, {"up_to_date": False, "stale": ["stale: outcomes.py"]})
    assert [suite.attrib["failures"] for suite in stale[2]] == ["1"]
    assert [failure.attrib["message"] for failure in stale[2].iter("failure")] == [
        "stale: outcomes.py: run scripts/regenerate"
    ]
    assert (1, stale[1]) == (status, json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("option", ["--json", "--junit"])
def test_reports_go_with_a_check_only(tree, capsys, option):
    with pytest.raises(SystemExit) as left:
        regenerate.main([option, str(tree / "report")])

    assert left.value.code == 2
    assert "--json and --junit go with --check" in capsys.readouterr().err
    assert not (tree / "report").exists()


def test_runs_wait_for_each_other(tree):
    with regenerate.locked(tree / "generated", fcntl.LOCK_EX):
        handle = os.open(tree / "generated", os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.close(handle)


@pytest.mark.parametrize("missing", ["generated", "generated/paiflow_api", "generated/paiflow_api/models"])
def test_a_fresh_process_regenerates_what_is_missing(tree, tmp_path, missing):
    """Nothing that regenerating imports needs what it makes."""
    before = snapshot(tree / "generated")
    for name in ("src", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.rmtree(tmp_path / missing)
    environment = {"PYTHONPATH": os.pathsep.join(str(tmp_path / name) for name in ("scripts", "src", "generated"))}
    command = [sys.executable, "-m", "tooling.regenerate"]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (0, "") == (finished.returncode, finished.stderr)
    assert before == snapshot(tree / "generated")


def test_the_locale_makes_no_difference(tree, tmp_path):
    for name in ("src", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    edit(tree / "openapi.yaml", JOB, "description: Wie der Lauf heißt, 龙.\n")
    locales = {"C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "UTF-8": {"PYTHONUTF8": "1"}}
    snapshots = []
    for locale in locales.values():
        environment = {"PYTHONPATH": f"{tmp_path / 'scripts'}{os.pathsep}{tmp_path / 'src'}", **locale}
        for arguments in ([], ["--check"]):
            command = [sys.executable, "-m", "tooling.regenerate", *arguments]
            finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert (0, "") == (finished.returncode, finished.stderr)
        snapshots.append(snapshot(tmp_path / "generated"))
        shutil.rmtree(tmp_path / "generated")

    assert snapshots[0] == snapshots[1]
    assert "heißt, 龙" in snapshots[0][Path("paiflow_api/models/job.py")].decode("utf-8")


def test_an_overlay_that_would_not_apply_is_told(tree, capsys):
    (tree / "overlays/100-x.yml").write_text("", encoding="utf-8")
    (tree / "overlays/.020-security.yaml.swp").write_text("", encoding="utf-8")

    assert regenerate.main(["--check"]) == 1
    assert capsys.readouterr().err == (
        "scripts/regenerate: overlays/100-x.yml: not applied: the name of an overlay ends in .yaml\n"
    )


def test_a_description_that_nests_too_deeply_is_one_line(tree, capsys):
    edit(tree / "openapi.yaml", "info:\n", "x-deep: " + "[" * 700 + "]" * 700 + "\ninfo:\n")

    assert regenerate.main([]) == 1
    assert "nests too deeply" in capsys.readouterr().err


def test_watching_regenerates_at_each_change_and_goes_on_after_errors(tree, capsys):
    """The clock is ours: each sleep is a step of the story, and the last one is Ctrl-C."""
    package, overlay = tree / "generated/paiflow_api", tree / "overlays/010-statuses.yaml"
    said = []

    def heard():
        captured = capsys.readouterr()
        said.append(captured.out + captured.err)

    def interrupt():
        raise KeyboardInterrupt

    steps = iter(
        [
            lambda: edit(tree / "openapi.yaml", JOB, "description: Another.\n"),
            lambda: None,
            lambda: edit(overlay, "Done: succeeded", "Done: finished"),
            lambda: edit(overlay, "Done: finished", "Done: succeeded"),
            interrupt,
        ]
    )

    def sleep(seconds):
        assert seconds == regenerate.WATCH_INTERVAL
        heard()
        next(steps)()

    status = regenerate.main(["--watch"], sleep)

    assert status == 0
    assert said == [
        "generated/paiflow_api is up to date\n",
        "stale: models/job.py\nstale: openapi.yaml\nstale: provenance.py\n",
        "",
        "scripts/regenerate: JobStatus: no such outcome: finished\n",
        "generated/paiflow_api is up to date\n",
    ]
    assert "Another." in (package / "models/job.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["model.py.jinja", "extra.jinja"])
def test_a_changed_template_is_a_change(tmp_path, monkeypatch, name):
    monkeypatch.setattr(generation, "TEMPLATES", tmp_path)
    (tmp_path / "model.py.jinja").write_text("one", encoding="utf-8")
    before = regenerate.stamps()
    (tmp_path / name).write_text("another", encoding="utf-8")

    assert before != regenerate.stamps()
    assert regenerate.stamps() == regenerate.stamps()


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
    description = _yaml.load((generation.PACKAGE / "openapi.yaml").read_text(encoding="utf-8"))

    assert generation.effective_description() == description


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


def test_nothing_that_is_generated_sends_anything():
    imported = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for path in generation.PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert not {name for name in imported if name and name.split(".")[0] in ("httpx", "http", "urllib", "socket")}
    assert not (generation.PACKAGE / "api").exists()
