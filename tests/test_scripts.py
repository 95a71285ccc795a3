"""Each script says what it does when asked, and does nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
NAMES = sorted(path.name for path in SCRIPTS.iterdir() if path.is_file())


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("name", NAMES)
def test_help_is_the_scripts_own_and_nothing_is_run(name, option, tmp_path):
    """With a `bootstrap` that runs this Python, so that no environment is made."""
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / name
    script.write_bytes((SCRIPTS / name).read_bytes())
    if name != "bootstrap":
        bootstrap = script.with_name("bootstrap")
        bootstrap.write_text(f'#!/bin/sh\n[ "$1" = --demo ] && shift\nshift\nexec {sys.executable} "$@"\n')
        bootstrap.chmod(0o755)
    script.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [script, option], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert name in "".join(done.stdout.splitlines()[:2])
    assert not done.stdout.startswith("usage: pytest")
    assert len(done.stdout) < 5000


@pytest.mark.parametrize(
    ("arguments", "processes"),
    [
        ([], "-n auto --dist worksteal"),
        (["-q", "--durations=5"], "-n auto --dist worksteal"),
        (["tests/mock"], "-n auto --dist worksteal"),
        (["-n0"], "-n auto --dist worksteal"),  # the last one counts
        (["-q", "tests/test_scripts.py"], ""),
        (["tests/test_scripts.py::test_help_is_the_scripts_own_and_nothing_is_run", "-x"], ""),
    ],
)
def test_only_named_files_are_tested_in_one_process(arguments, processes, tmp_path):
    """And bytecode is kept in both cases: programs that tests start load faster."""
    for name in ("scripts/test", "tests/test_scripts.py", "tests/mock/test_store.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((SCRIPTS.parent / name).read_bytes())
    bootstrap = tmp_path / "scripts" / "bootstrap"
    bootstrap.write_text('#!/bin/sh\necho "$PYTHONDONTWRITEBYTECODE" "$@"\n')
    bootstrap.chmod(0o755)
    (tmp_path / "scripts" / "test").chmod(0o755)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [tmp_path / "scripts" / "test", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert f"python -m pytest {processes} {' '.join(arguments)}".split() == done.stdout.split()
