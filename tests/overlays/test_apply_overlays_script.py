"""The script: YAML or JSON in, YAML out; 0, 1 with one line, or 2; paths are the caller's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tooling import apply_overlays

ROOT = Path(__file__).parents[2]
OVERLAY = """\
overlay: 1.1.0
info: {title: T, version: '1'}
extends: base.yaml
actions:
  - target: $.info
    update: {title: 龙}
"""
STALE = """\
overlay: 1.1.0
info: {title: T, version: '1'}
actions:
  - description: What was needed once.
    target: $.info.none
    remove: true
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "base.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: old, version: '1'}\npaths: {}\n", encoding="utf-8"
    )
    (tmp_path / "one.yaml").write_text(OVERLAY, encoding="utf-8")
    (tmp_path / "stale.yaml").write_text(STALE, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


RESULT = "openapi: 3.1.0\ninfo:\n  title: 龙\n  version: '1'\npaths: {}\n"


def run(*command, **options):
    return subprocess.run(command, capture_output=True, check=False, **options)


def script(*arguments, **options):
    return run(str(ROOT / "scripts" / "apply-overlays"), *arguments, **options)


def test_the_script_prints_the_result_from_any_folder(folder):
    (folder / "yaml.py").write_text("raise SystemExit('a module of the caller was imported')", encoding="utf-8")

    done = script("base.yaml", "one.yaml", cwd=folder, env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"})

    assert (0, RESULT, b"") == (done.returncode, done.stdout.decode("utf-8"), done.stderr)


def test_the_script_ends_with_1_and_one_line_when_the_input_is_wrong(folder):
    done = script("base.yaml", "one.yaml", "stale.yaml", cwd=folder)

    line = 'apply-overlays: stale.yaml: actions[0] "What was needed once.": target $.info.none: matches nothing\n'
    assert (1, b"", line) == (done.returncode, done.stdout, done.stderr.decode("utf-8"))


def test_the_script_ends_with_2_on_wrong_usage(folder):
    done = script(cwd=folder)

    assert (2, b"") == (done.returncode, done.stdout)
    assert done.stderr.startswith(b"usage: apply-overlays [-h] [--lenient] [BASE] OVERLAY [OVERLAY ...]\n")


@pytest.mark.parametrize(
    "arguments",
    [["base.yaml", "one.yaml"], ["one.yaml"], ["--lenient", "base.yaml", "one.yaml", "stale.yaml"],
     ["base.yaml", "one.yaml", "--lenient", "stale.yaml"]],
)  # fmt: skip
def test_the_result_is_printed(folder, capfdbinary, arguments):
    assert 0 == apply_overlays.main(arguments)
    assert (RESULT.encode(), b"") == capfdbinary.readouterr()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["none.yaml", "one.yaml"], "none.yaml: No such file or directory"),
        (["base.yaml", "none.yaml"], "none.yaml: No such file or directory"),
        (["broken.yaml", "one.yaml"], "broken.yaml:1:5: while parsing a flow node expected the node content, but found '<stream end>'"),
        (["base.yaml", "broken.yaml"], "broken.yaml:1:5: while parsing a flow node expected the node content, but found '<stream end>'"),
        (["base.yaml", "base.yaml"], "base.yaml: not an overlay: the field 'overlay' (its version) is missing"),
        (["stale.yaml"], "stale.yaml: no base given, and the overlay has no 'extends'"),
        (["base.yaml", "one.yaml", "one.yaml"], "one.yaml: actions[0]: target $.info: changes nothing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_input_is_one_line(folder, capfdbinary, arguments, line):
    assert 1 == apply_overlays.main(arguments)
    assert (b"", f"apply-overlays: {line}\n".encode()) == capfdbinary.readouterr()


@pytest.mark.parametrize(
    "arguments", [[], ["base.yaml"], ["--strict", "base.yaml", "one.yaml"], ["--len", "base.yaml", "one.yaml"]]
)
def test_wrong_usage_ends_with_2(folder, capsys, arguments):
    with pytest.raises(SystemExit) as raised:
        apply_overlays.main(arguments)

    out, err = capsys.readouterr()
    assert (2, "") == (raised.value.code, out)
    assert err.startswith("usage: apply-overlays [-h] [--lenient] [BASE] OVERLAY [OVERLAY ...]\n")


def test_importing_paiflow_needs_neither_pyyaml_nor_jsonpath():
    code = "import sys, paiflow; sys.exit(bool({'yaml', 'jsonpath'} & set(sys.modules)))"

    assert 0 == run(sys.executable, "-c", code).returncode


def test_a_reader_that_has_gone_ends_it_quietly(folder):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stdout:
        done = subprocess.run(
            [ROOT / "scripts" / "apply-overlays", "base.yaml", "one.yaml"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_a_full_disk_is_one_line(folder):
    with Path("/dev/full").open("wb") as stdout:
        done = subprocess.run(
            [ROOT / "scripts" / "apply-overlays", "base.yaml", "one.yaml"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (1, b"apply-overlays: cannot write: No space left on device\n") == (done.returncode, done.stderr)


def test_a_closed_stdout_is_one_line(folder):
    done = run("bash", "-c", f"'{ROOT}/scripts/apply-overlays' base.yaml one.yaml >&-")

    assert (1, b"apply-overlays: cannot write: stdout is closed\n") == (done.returncode, done.stderr)
