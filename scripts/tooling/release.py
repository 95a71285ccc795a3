"""Build wheel and sdist, and install each into an empty environment (`scripts/release`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tooling.changes.release import released

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Return the exit code: 0 if dist/ holds a release, 1 if not; each step is a line."""
    try:
        version = _version(ROOT)
        check_tree(ROOT, version, os.environ.get("GITHUB_REF", ""))
        dist = ROOT / "dist"
        shutil.rmtree(dist, ignore_errors=True)
        _run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist)], cwd=ROOT)
        files = sorted(dist.iterdir())
        _run([sys.executable, "-m", "twine", "check", "--strict", *map(str, files)])
        for file in files:
            _try(file, version)
    except ReleaseError as error:
        print(f"scripts/release: {error}", file=sys.stderr)
        return 1
    for file in files:
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} kB")
    return 0


class ReleaseError(Exception):
    """The release cannot be made; the message is one line."""


def check_tree(root: Path, version: str, ref: str = "") -> None:
    """Check that a release of this tree is what its commit says.

    Args:
        root: the clone.
        version: of pyproject.toml.
        ref: the tag that is released, as CI names it: refs/tags/v1.2.3; empty if there is none.

    Raises:
        ReleaseError: a file is changed or new, CHANGELOG.md has no section, or the tag is another version's.
    """
    command = ["git", "status", "--porcelain"]
    changed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    if changed:
        raise ReleaseError(f"the tree is not clean: commit or remove {changed[0][3:]}" + _more(len(changed) - 1))
    if ref.startswith("refs/tags/") and ref != f"refs/tags/v{version}":
        raise ReleaseError(f"the tag is {ref.removeprefix('refs/tags/')}, but pyproject.toml has version {version}")
    if ref.startswith("refs/tags/") and version not in released((root / "CHANGELOG.md").read_text(encoding="utf-8")):
        raise ReleaseError(
            f"CHANGELOG.md has no released section [{version}]: rename [Unreleased], or replace `unreleased` by the date"
        )


def _more(count: int) -> str:
    return f" and {count} more" if count else ""


def _version(root: Path) -> str:
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _try(file: Path, version: str) -> None:
    """Install a file with the command into an empty environment, and start the command there."""
    with tempfile.TemporaryDirectory() as folder:
        _run([sys.executable, "-m", "venv", folder])
        python = Path(folder, "bin", "python")
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{file}[cli]"])
        said = _run([str(python.with_name("paiflow")), "version"], cwd=Path(folder))
        if said.strip() != f"paiflow {version}":
            raise ReleaseError(f"{file.name}: paiflow version printed {said.strip()!r}, not {version}")


def _run(command: list[str], cwd: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise ReleaseError(f"{' '.join(command[1:4])} failed with {done.returncode}; its words stand above")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
