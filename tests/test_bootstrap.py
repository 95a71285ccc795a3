"""The environment is made once, and again when what it was made from changes: lock, project or folder."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MADE_FROM = ["requirements.lock", "requirements-demo.lock", "pyproject.toml"]

# Makes an "environment" whose python tells which folder it is in, and whose pip what it would install.
PYTHON = """#!/usr/bin/env bash
case "$*" in
  *platform.python_version*) echo "3.$(basename "$0" | tr -dc 0-9).0" ;;
  "-m venv "*)
    mkdir -p "$3/bin"
    cat >"$3/bin/python" <<END
#!/usr/bin/env bash
case "\\$*" in
  "-m pip "*--require-hashes*) echo "DEPRECATION: a wall of words"; echo "\\${!#}" | sed 's|.*/||' >>$3/pip ;;
  "-m pip "*) [ -z "\\${BROKEN:-}" ] || { echo "ERROR: no network" >&2; exit 1; } ;;
  *) echo "in $3" ;;
esac
END
    chmod +x "$3/bin/python" ;;
esac
"""


@pytest.fixture
def clone(tmp_path):
    """A clone with a Python that makes environments at once."""
    clone = tmp_path / "clone"
    (clone / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "bootstrap", clone / "scripts")
    for name in MADE_FROM:
        (clone / name).write_text("a==1\n", encoding="utf-8")
    for name in ("python3", "python3.12"):
        (tmp_path / name).write_text(PYTHON, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    return clone


def call(clone, *arguments, **variables):
    """Run the script with a Python that makes environments at once."""
    environment = {"PATH": f"{clone.parent}:/usr/bin:/bin", **variables}
    command = [clone / "scripts" / "bootstrap", *arguments, "python"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def bootstrap(clone, *arguments, **variables):
    """What the script prints, and whether it made the environment."""
    done = call(clone, *arguments, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout, "Making .venv" in done.stderr


def installed(clone, venv=".venv"):
    """The locks that were installed, in turn."""
    return (clone / venv / "pip").read_text(encoding="utf-8").split()


def test_a_second_run_starts_at_once(clone):
    assert bootstrap(clone) == (f"in {clone}/.venv\n", True)
    assert bootstrap(clone) == (f"in {clone}/.venv\n", False)


@pytest.mark.parametrize("name", MADE_FROM)
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


def test_the_demo_installs_what_it_needs_and_the_next_script_the_rest(clone):
    assert bootstrap(clone, "--demo") == (f"in {clone}/.venv\n", True)
    assert installed(clone) == ["requirements-demo.lock"]
    assert bootstrap(clone) == bootstrap(clone) == (f"in {clone}/.venv\n", False)
    assert installed(clone) == ["requirements-demo.lock", "requirements.lock"]
    assert bootstrap(clone, "--demo") == (f"in {clone}/.venv\n", False)
    assert installed(clone) == ["requirements-demo.lock", "requirements.lock"]


def test_another_python_has_an_environment_of_its_own(clone):
    bootstrap(clone)

    assert bootstrap(clone, PYTHON="python3.12") == (f"in {clone}/.venv-3.312.0\n", True)
    assert bootstrap(clone, PYTHON="python3.12") == (f"in {clone}/.venv-3.312.0\n", False)
    assert bootstrap(clone) == (f"in {clone}/.venv\n", False)


def test_a_python_that_cannot_be_used_is_an_error_and_no_other_is_taken(clone):
    done = call(clone, PYTHON="python3.1")

    assert (1, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert done.stderr.startswith("scripts/bootstrap: PYTHON=python3.1 is no Python 3.11 or later")
    assert not list(clone.glob(".venv*"))


def test_it_says_what_it_does_without_the_noise_of_pip(clone):
    said = call(clone, "--demo").stderr

    assert re.fullmatch(
        r"Making \.venv with .*, once\n"
        r"Installing 1 packages for the demo, as requirements-demo\.lock pins them\n"
        r"Installing paiflow-client from this clone\n"
        r"Ready after \d+ s\n",
        said,
    )
    assert "DEPRECATION" in (clone / ".venv" / "install.log").read_text(encoding="utf-8")


def test_what_pip_said_is_shown_if_it_fails_and_the_next_run_starts_anew(clone):
    done = call(clone, BROKEN="yes")

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.endswith(
        "DEPRECATION: a wall of words\nERROR: no network\n"
        "scripts/bootstrap: pip could not install it; its words stand above\n"
    )
    assert bootstrap(clone) == (f"in {clone}/.venv\n", True)


def test_the_demo_gets_the_versions_that_the_tests_get():
    demo, full = (
        set(re.findall(r"^([\w.-]+==\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements-demo.lock", "requirements.lock")
    )

    assert demo < full
    assert len(demo) < len(full) / 2
