"""The environment is made once, and again when what it was made from changes: lock, project or folder."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Makes an "environment" whose python tells which folder it is in.
PYTHON = """#!/usr/bin/env bash
if [ "${1-} ${2-}" = "-m venv" ]; then
  mkdir -p "$3/bin"
  printf '#!/usr/bin/env bash\\n[ "${1-}" = -m ] || echo "in %s"\\n' "$3" >"$3/bin/python"
  chmod +x "$3/bin/python"
fi
"""


@pytest.fixture
def clone(tmp_path):
    """A clone with a Python that makes environments at once."""
    clone = tmp_path / "clone"
    (clone / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "bootstrap", clone / "scripts")
    (clone / "requirements.lock").write_text("", encoding="utf-8")
    (clone / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "python").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    return clone


def bootstrap(clone):
    """What the script prints, and whether it made the environment."""
    command = [clone / "scripts" / "bootstrap", "python"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": str(clone.parent / "python")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout, "Making .venv" in done.stderr


def test_a_second_run_starts_at_once(clone):
    assert bootstrap(clone) == (f"in {clone}/.venv\n", True)
    assert bootstrap(clone) == (f"in {clone}/.venv\n", False)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_change_of_what_it_is_made_from_makes_it_again(clone, name):
    bootstrap(clone)
    (clone / name).write_text("changed", encoding="utf-8")

    assert bootstrap(clone) == (f"in {clone}/.venv\n", True)


@pytest.mark.parametrize("put", [shutil.copytree, shutil.move])
def test_a_clone_that_was_copied_or_moved_runs_its_own_code(clone, put):
    bootstrap(clone)
    other = clone.with_name("other")
    put(clone, other)

    assert bootstrap(other) == (f"in {other}/.venv\n", True)
    assert bootstrap(other) == (f"in {other}/.venv\n", False)


def test_a_link_to_a_clone_is_the_same_clone(clone):
    bootstrap(clone)
    link = clone.with_name("link")
    link.symlink_to(clone)

    assert bootstrap(link) == (f"in {clone}/.venv\n", False)
