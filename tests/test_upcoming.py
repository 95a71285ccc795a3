"""`scripts/upcoming` says what the newest versions would change, and touches nothing of the clone."""

import shutil
import subprocess
import sys

import pytest

from tooling import generation, upcoming, upcoming_environment, upcoming_report
from tooling.upcoming_environment import (
    GENERATOR,
    CannotInstallError,
    Installed,
    installed,
    locked_versions,
    requirements,
)

LOCKED = locked_versions((generation.ROOT / "requirements.lock").read_text(encoding="utf-8"))
REQUIRED = requirements((generation.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = "models/pipeline_run.py"


class Fake:
    """An environment in which the package comes out as a function makes it."""

    def __init__(self, folder, edit=lambda package: None, failure=None, **versions):
        self._edit, self._failure, self._versions = edit, failure, versions

    def versions(self):
        return {**LOCKED, **self._versions}

    def generate(self, target):
        if self._failure is None:
            shutil.copytree(generation.PACKAGE, target)
            self._edit(target)
        return self._failure


@pytest.fixture
def tried(tmp_path, capsys, monkeypatch):
    """Run the command with a fake environment: `tried(edit, …)` gives status, output and what was asked for."""
    monkeypatch.delenv(upcoming.SUMMARY, raising=False)

    def run(*arguments, api=False, **how):
        asked = []
        if not api:  # to read all sources takes a second
            monkeypatch.setattr(upcoming.python_api, "load", lambda src, generated: None)
            monkeypatch.setattr(upcoming.python_api, "findings", lambda old, new, told: [])

        def make(folder, required):
            asked.extend(required)
            return Fake(tmp_path, **how)

        status = upcoming.main(list(arguments), make)
        return status, capsys.readouterr().out, asked

    return run


def replaced(name, old, new):
    def edit(package):
        path = package / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def test_where_nothing_would_change_it_says_so(tried):
    status, text, asked = tried(api=True)

    assert 0 == status
    assert f"{GENERATOR} is the one that is locked: nothing would change." in text
    assert REQUIRED == asked
    assert {GENERATOR, "ruff", "httpx", "schemathesis", "msgspec"} <= set(asked)


def test_another_version_alone_changes_nothing_but_is_told(tried):
    def next_version(package):
        for path in package.rglob("*.py"):
            path.write_text(
                path.read_text(encoding="utf-8").replace(generation.GENERATOR, f"{GENERATOR} 0.30.0"), "utf-8"
            )

    status, text, _ = tried(edit=next_version, **{GENERATOR: "0.30.0", "ruff": "9.0"})

    assert 0 == status
    assert f"{GENERATOR} {LOCKED[GENERATOR]} → 0.30.0: nothing would change." in text
    assert f"| ruff | {LOCKED['ruff']} | 9.0 |" in text
    assert "| httpx |" not in text


def test_a_file_that_would_be_another_is_told_with_its_lines(tried):
    status, text, _ = tried(edit=replaced(RUN, "class PipelineRun", "class  PipelineRun"))

    assert 1 == status
    assert f"| {RUN} | changed | +1 -1 |" in text
    assert "\n+class  PipelineRun" in text
    assert "## The public API\n\nUnchanged." in text


def test_files_that_come_and_go_are_told(tried):
    def edit(package):
        (package / RUN).rename(package / "models" / "run.py")

    status, text, _ = tried(edit=edit)

    assert 1 == status
    assert f"| {RUN} | gone | +0 -0 |" in text
    assert "| models/run.py | new | +" in text


def test_the_public_api_that_would_be_another_is_told(tried):
    status, text, _ = tried(edit=replaced(RUN, "source_id", "origin_id"), api=True)

    assert 1 == status
    assert "| breaking | `paiflow.PipelineRun.source_id` | removed |" in text
    assert "| additive | `paiflow.PipelineRun.origin_id` | added |" in text


def test_a_package_that_cannot_be_generated_is_a_change(tried):
    status, text, _ = tried(failure="the generator could not take it", **{GENERATOR: "1.0"})

    assert 1 == status
    assert f"{GENERATOR} {LOCKED[GENERATOR]} → 1.0: **the package can no longer be generated.**" in text
    assert "It cannot be generated: `the generator could not take it`" in text
    assert "## The public API\n\nNot known." in text


def test_a_version_can_be_named(tried):
    _, _, asked = tried("--generator", "0.28.0")

    assert f"{GENERATOR}==0.28.0" in asked
    assert GENERATOR not in asked


@pytest.mark.parametrize("version", ["newest", "1.2 3", "--index-url=x"])
def test_what_is_no_version_is_refused(version, capsys):
    with pytest.raises(SystemExit) as left:
        upcoming.main(["--generator", version])

    assert 2 == left.value.code
    assert "scripts/upcoming: error:" in capsys.readouterr().err


def test_the_summary_of_a_workflow_gets_the_report_too(tried, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv(upcoming.SUMMARY, str(summary))
    status, text, _ = tried(edit=replaced(RUN, "class PipelineRun", "class  PipelineRun"))

    assert 1 == status
    assert f"before\n{text}" == summary.read_text(encoding="utf-8")


def test_what_cannot_be_installed_is_a_line(capsys):
    def make(folder, required):
        raise CannotInstallError("cannot install the newest versions:\n no network")

    assert 2 == upcoming.main([], make)
    assert ("", "scripts/upcoming: cannot install the newest versions: no network\n") == tuple(capsys.readouterr())


def test_pip_that_fails_says_why_in_its_last_line(tmp_path, monkeypatch):
    def run(command, **_):
        failed = "install" in command
        return subprocess.CompletedProcess(
            command, int(failed), "", "noise\nERROR: no such thing\n\n" if failed else ""
        )

    monkeypatch.setattr(upcoming_environment.subprocess, "run", run)
    with pytest.raises(CannotInstallError, match=r"^cannot install the newest versions: no such thing$"):
        installed(tmp_path, ["nothing"])


def test_an_environment_generates_what_the_clone_has(tmp_path):
    """This one: the same versions, so the same package."""
    here = Installed(sys.executable)

    assert here.generate(tmp_path / "paiflow_api") is None
    assert [] == upcoming_report.differences(generation.PACKAGE, tmp_path / "paiflow_api")


def test_an_environment_says_why_it_cannot_generate_and_what_it_has(tmp_path):
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\nif [ "$2" = pip ]; then echo \'[{"name": "A_b", "version": "1.0"}]\'; exit; fi\n'
        "echo Traceback >&2; echo 'ImportError: no such name' >&2; exit 1\n",
        encoding="utf-8",
    )
    python.chmod(0o755)

    assert {"a-b": "1.0"} == Installed(python).versions()
    assert "ImportError: no such name" == Installed(python).generate(tmp_path / "package")


def test_long_differences_are_cut(tmp_path):
    for name, lines in (("old", 0), ("new", 100)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("x\n" * lines, encoding="utf-8")
    changed = upcoming_report.differences(tmp_path / "old", tmp_path / "new")
    text = upcoming_report.markdown(upcoming_report.Report([], None, changed, []))

    assert "| a.py | changed | +100 -0 |" in text
    assert "… and 61 lines more" in text
