"""Environments in which contenders run: nothing is in one but the contender and what it needs.

What the development environment holds would change what is measured: httpx imports rich and click where it finds them.
Versions and hashes are those of requirements.lock, so there is no other list to keep. Nothing is installed twice: an
environment whose inputs have not changed is taken as it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tooling.bench.errors import BenchError

ROOT = Path(__file__).parents[3]
LOCK = ROOT / "requirements.lock"
SOURCES = (ROOT / "src", ROOT / "generated", ROOT / "pyproject.toml")
PRISM = Path(__file__).parent / "prism"
VENDOR = "alibabacloud-paiflow20210202"
# In an environment, what its dependencies were installed from, and what the wheel was built from.
PINNED, BUILT = ".pinned", ".built"
# Distributions of which a report tells the version.
COMPARED = frozenset({"aiohttp", "click", "httpx", "msgspec", "Node.js", "Prism", VENDOR})


@attrs.frozen
class Environment:
    """One environment.

    Attributes:
        folder: where it is.
        versions: of the distributions in it, by name.
        size_bytes: of all files in its site-packages, compiled ones included; 0 if it has none.
    """

    folder: Path
    versions: dict[str, str]
    size_bytes: int

    @property
    def python(self) -> str:
        """The interpreter."""
        return str(self.folder / "bin" / "python")


class Environments:
    """All of them, each made when it is first asked for. One run at a time has them; another one waits.

    Args:
        folder: where they are kept from run to run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Environment] = {}

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Have the folder for this run alone."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _tell("another run is measuring: waiting for it to end")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def get(self, name: str) -> Environment:
        """Return an environment: core, fast, cli, vendor or prism.

        `core` has the built wheel with its core dependencies, `fast` and `cli` the extra of that name besides, `vendor` the
        vendor's SDK, and `prism` what npm installs of Prism; no interpreter is in that one.

        Raises:
            BenchError: it cannot be made.
        """
        if name not in self._made:
            self._made[name] = self._prism() if name == "prism" else self._make(name)
        return self._made[name]

    def versions(self, names: Iterable[str]) -> dict[str, str]:
        """Return the versions of what is compared in these environments, by name."""
        found = {"paiflow": importlib.metadata.version("paiflow-client")}
        for made in map(self.get, names):
            found |= {name: version for name, version in made.versions.items() if name in COMPARED}
        return dict(sorted(found.items()))

    def _prism(self) -> Environment:
        npm, node = shutil.which("npm"), shutil.which("node")
        if npm is None or node is None:
            raise BenchError("the mock is compared with Prism, which needs node and npm: install Node.js 20 or later")
        folder, stamp = self._folder / "prism", _hash([PRISM])
        if _stamp(folder, PINNED) != stamp:
            _tell("installing Prism")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(PRISM, folder)
            _run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], "Prism", cwd=folder)
            (folder / PINNED).write_text(stamp, encoding="utf-8")
        prism = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"][
            "@stoplight/prism-cli"
        ]
        node = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
        return Environment(folder, {"Prism": prism, "Node.js": node}, 0)

    def _make(self, name: str) -> Environment:
        folder = self._folder / name
        extra = [] if name in {"core", "vendor"} else _needed("paiflow-client", name)
        distributions = [VENDOR] if name == "vendor" else [*_needed("paiflow-client"), *extra]
        pins = pinned(closure(distributions), LOCK.read_text(encoding="utf-8"))
        if _stamp(folder, PINNED) != (stamp := f"{sys.version}\n{pins}"):
            _tell(f"making the environment {name}")
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, with_pip=False, symlinks=True)
            with tempfile.TemporaryDirectory() as work:
                requirements = Path(work, "requirements.txt")
                requirements.write_text(pins, encoding="utf-8")
                _pip(folder, name, ["--require-hashes", "--requirement", str(requirements)])
            (folder / PINNED).write_text(stamp, encoding="utf-8")
        if name != "vendor" and _stamp(folder, BUILT) != (stamp := _hash(SOURCES)):
            with tempfile.TemporaryDirectory() as work:
                _pip(folder, name, ["--force-reinstall", str(_wheel(Path(work)))])
            (folder / BUILT).write_text(stamp, encoding="utf-8")
        [packages] = folder.glob("lib/python*/site-packages")
        found = importlib.metadata.distributions(path=[str(packages)])
        files = (path for path in packages.rglob("*") if path.is_file() and not path.is_symlink())
        return Environment(folder, {one.name: one.version for one in found}, sum(path.stat().st_size for path in files))


def closure(names: Iterable[str]) -> set[str]:
    """Return the canonical names of distributions and of all that they need, by what is installed here.

    Raises:
        BenchError: one is not installed.
    """
    found: set[str] = set()
    queue = list(names)
    while queue:
        name = canonicalize_name(queue.pop())
        if name not in found:
            found.add(name)
            queue += _needed(name)
    return found


def pinned(names: Iterable[str], lock: str) -> str:
    """Return those lines of a lock that pin these distributions, with their hashes.

    Raises:
        BenchError: one is not in it.
    """
    entries: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", lock):
        if match := re.match(r"([\w.-]+)==", entry):
            entries[canonicalize_name(match[1])] = re.sub(r"\n\s+#.*", "", entry)
    if missing := sorted(set(names) - set(entries)):
        raise BenchError(f"requirements.lock does not pin {', '.join(missing)}: run scripts/lock")
    return "".join(f"{entries[name].rstrip()}\n" for name in sorted(names))


def _needed(name: str, extra: str = "") -> list[str]:
    """Return the names of what a distribution needs here, or of what an extra of it adds."""
    try:
        texts = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        raise BenchError(f"{name} is not in .venv: run scripts/bootstrap") from None
    found = [Requirement(text) for text in texts]
    if extra:
        found = [one for one in found if one.marker and not one.marker.evaluate({"extra": ""})]
    return [one.name for one in found if one.marker is None or one.marker.evaluate({"extra": extra})]


def _wheel(folder: Path) -> Path:
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], "the wheel", cwd=ROOT)
    [wheel] = folder.glob("*.whl")
    return wheel


def _pip(folder: Path, name: str, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--no-deps"]
    _run([*command, "--quiet", "--disable-pip-version-check", *arguments], f"the environment {name}")


def _run(command: list[str], what: str, cwd: Path | None = None) -> None:
    finished = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if finished.returncode:
        lines = (finished.stderr or finished.stdout).strip().splitlines() or ["it says nothing"]
        said = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise BenchError(f"{what} cannot be installed: {said.strip()}")


def _stamp(folder: Path, name: str) -> str | None:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except OSError:
        return None


def _hash(paths: Iterable[Path]) -> str:
    """Return a hash of files and of folders' files, the interpreter's caches left aside."""
    digest = hashlib.sha256()
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(path)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _tell(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)
