"""The built wheel works on its own: core dependencies only, typed, and nothing loaded that is not needed."""

import email
import email.policy
import importlib.metadata
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from paiflow import _distribution, _yaml

ROOT = Path(__file__).parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

SCRIPT = """
import asyncio

import paiflow


def names(reply: paiflow.ListPipelineRunsStatusResponse) -> list[str | None]:
    return [run.name for run in reply.pipeline_runs]


def main() -> None:
    credentials = paiflow.Credentials("id", "secret")
    with paiflow.PaiFlow("cn-hangzhou", credentials=credentials) as client:
        print(client)
        if client.endpoint == "":
            print(names(client.list_pipeline_runs_status(pipeline_runs=["flow-a"])))


async def amain() -> None:
    async with paiflow.AsyncPaiFlow("cn-hangzhou") as client:
        if client.endpoint == "":
            print(names(await client.list_pipeline_runs_status(nodes=[paiflow.NodeRef("flow-a", "node-b")])))


main()
asyncio.run(amain())
"""


def distributions(names):
    """The distributions of these names and all that they need, of those installed here."""
    found = {}
    while names:
        distribution = importlib.metadata.distribution(names.pop())
        if distribution.name not in found:
            found[distribution.name] = distribution
            for requirement in distribution.requires or []:
                wanted = Requirement(requirement)
                if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                    names.append(wanted.name)
    return list(found.values())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built by the build backend."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of an environment that holds the wheel and its core dependencies, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    [site_packages] = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site_packages)
    [metadata] = site_packages.glob("paiflow_client-*.dist-info/METADATA")
    core = re.findall(r"^Requires-Dist: ([\w.-]+)(?!.*extra ==).*$", metadata.read_text(encoding="utf-8"), re.MULTILINE)
    for distribution in distributions(core):
        for file in distribution.files or []:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (site_packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), site_packages / file)
    return folder / "bin" / "python"


def run(python, script):
    """Run a script in an environment, away from the project."""
    return subprocess.run(
        [str(python), "-I", "-c", script], capture_output=True, text=True, check=False, cwd=Path(python).parent
    )


@pytest.fixture(scope="module")
def metadata(wheel):
    """What the wheel says about itself: its name, its extras, and the README as an index shows it."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name), policy=email.policy.default)


def test_the_wheel_holds_both_packages_and_their_types(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    for name in ("paiflow/py.typed", "paiflow_api/py.typed", "paiflow_api/openapi.yaml", "paiflow/cli/__init__.py"):
        assert name in names
    assert {name.split("/")[0] for name in names} == {"paiflow", "paiflow_api", f"paiflow_client-{VERSION}.dist-info"}


def test_a_users_script_runs_with_core_dependencies_only(python):
    finished = run(python, SCRIPT)

    assert ("PaiFlow(endpoint='https://paiflow.cn-hangzhou.aliyuncs.com')\n", "") == (finished.stdout, finished.stderr)


def test_a_users_script_type_checks_there(python, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-executable", str(python)]
    finished = subprocess.run([*command, str(script)], capture_output=True, text=True, check=False, cwd=tmp_path)
    (tmp_path / "wrong.py").write_text(SCRIPT.replace('["flow-a"]', "[7]"), encoding="utf-8")
    wrong = subprocess.run([*command, "wrong.py"], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert (0, "Success: no issues found in 1 source file\n") == (finished.returncode, finished.stdout)
    assert 'incompatible type "int"; expected "str"' in wrong.stdout


def test_without_extras_the_command_and_the_mock_say_what_to_install(python):
    command = run(python, "from paiflow.cli import main; main()")
    mock = run(python, "import paiflow.mock")

    assert (2, "paiflow: the command needs an extra: pip install 'paiflow-client[cli]'\n") == (
        command.returncode,
        command.stderr,
    )
    assert mock.stderr.splitlines()[-1].startswith("ImportError: the mock service needs the package ")
    assert mock.stderr.splitlines()[-1].endswith("pip install 'paiflow-client[mock]'")


TEXTS = [
    path
    for pattern in ("*.md", "docs/**/*", "src/**/*.py", "generated/**/*.py", "scripts/**/*", ".github/**/*", ".ci/*")
    for path in sorted(ROOT.glob(pattern))
    if path.is_file() and path.suffix not in (".pyc", ".svg")
]
INSTALLS = re.compile(r"\b(?:pip3?|pipx|uv(?: tool| pip)?|poetry) (?:install|add) +(.+)")
PROJECT = re.compile(r"(?<![\w./-])(paiflow[\w-]*|\.)(?:\[([\w,-]+)\])?(?=['\"`,;)\s]|$)")
EXTRAS = re.compile(r"\bextras? `(\w+)`")


def told_to_install(path):
    """Pairs of a distribution (or a dot, for the clone) and an extra or None that a file tells people to install."""
    for line in path.read_text(encoding="utf-8").splitlines():
        for words in INSTALLS.findall(line):
            for name, extras in PROJECT.findall(words.partition("  #")[0]):
                yield from ((name, extra or None) for extra in extras.split(","))
        for extra in EXTRAS.findall(line):
            yield ".", extra
        for name, extras in re.findall(r"\b(paiflow[\w-]*)\[([\w,-]+)\]", line):
            yield from ((name, extra) for extra in extras.split(","))


def test_people_are_told_to_install_this_distribution_with_extras_that_it_has(metadata):
    """The name `paiflow` on the index is another project's."""
    told = {pair: path for path in TEXTS for pair in told_to_install(path)}
    extras = metadata.get_all("Provides-Extra")

    assert "paiflow-client" == metadata["Name"] == _distribution.NAME
    assert {} == {
        (name, extra): path.relative_to(ROOT)
        for (name, extra), path in told.items()
        if name not in (".", metadata["Name"]) or extra not in (None, *extras)
    }
    assert {".", metadata["Name"]} == {name for name, _ in told}
    assert {None, *extras} == {extra for _, extra in told}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("pip install paiflow", [("paiflow", None)]),
        ("`pip install -U 'paiflow[cli]'`", [("paiflow", "cli")] * 2),
        ('"uv pip install paiflow-client[nothing]"', [("paiflow-client", "nothing")] * 2),
        ("pip install '.[cli,mock]'  # and paiflow", [(".", "cli"), (".", "mock")]),
        ("the extra `none`; pip install httpx", [(".", "none")]),
    ],
)
def test_what_a_text_tells_people_to_install_is_found(text, pairs, tmp_path):
    (tmp_path / "text").write_text(text, encoding="utf-8")

    assert pairs == list(told_to_install(tmp_path / "text"))


@pytest.fixture(scope="module")
def homes():
    """The distributions here, by the package that they bring: to look through all of them takes a second."""
    return importlib.metadata.packages_distributions()


@pytest.mark.parametrize("extra", _distribution.PACKAGES)
def test_the_packages_of_an_extra_are_what_it_brings(extra, metadata, homes):
    brought = {
        canonicalize_name(wanted.name)
        for wanted in map(Requirement, metadata.get_all("Requires-Dist"))
        if wanted.marker and wanted.marker.evaluate({"extra": extra})
    }

    for package in _distribution.PACKAGES[extra]:
        assert brought & set(map(canonicalize_name, homes[package])), package


def test_links_of_the_readme_hold_on_an_index_too(metadata):
    """There is no clone around it: a link is absolute, or leads to a heading; the texts of all others are there."""
    text = metadata.get_content()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {"#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(([^)]*)\)", text)

    assert [] == [link for link in links if link not in anchors and not link.startswith("https://")]
    assert "](docs/" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "guides (waiting in CI," in " ".join(text.split())
    assert "wait.svg" not in text


def test_a_client_loads_neither_the_command_nor_the_mock_nor_what_a_call_may_never_need(python):
    script = "import json, sys, paiflow; paiflow.PaiFlow('cn-hangzhou'); print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(run(python, script).stdout))

    assert "paiflow.client.clients" in modules
    for absent in ("click", "rich", "yaml", "uvicorn", "asyncio", "alibabacloud_credentials"):
        assert absent not in modules
    for absent in ("paiflow.mock", "paiflow.cli", "paiflow.overlays"):
        assert absent not in modules


def test_the_import_of_the_client_loads_only_what_a_client_is_made_of(python):
    """The rest is loaded with the first connection, reply, wait or error."""
    script = "import json, sys; from paiflow import PaiFlow; print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(run(python, script).stdout))

    assert {"httpx", "paiflow.client.clients"} < modules
    assert not {"httpcore", "html", "paiflow_api.client", "paiflow_api.models.node"} & modules
    assert not {f"paiflow.{name}" for name in ("_network", "batches", "waiting", "drift")} & modules


def test_importing_the_package_loads_nothing_before_a_name_is_used(python):
    script = "import json, sys, paiflow; print(json.dumps(sorted(sys.modules)))"

    assert not {"httpx", "attr", "paiflow_api", "paiflow.client.clients"} & set(json.loads(run(python, script).stdout))


@pytest.mark.parametrize(
    "script",
    [
        "from paiflow import *; PaiFlow, WaitResult",
        "import paiflow, inspect; assert dict(inspect.getmembers(paiflow))['PaiFlow'] is paiflow.PaiFlow",
        "import paiflow, pydoc; assert 'class PaiFlow(' in pydoc.render_doc(paiflow, renderer=pydoc.plaintext)",
        "import paiflow, rlcompleter; assert 'paiflow.PaiFlow' in ' '.join(rlcompleter.Completer(globals()).attr_matches('paiflow.'))",
        "import paiflow; [getattr(paiflow, name) for name in (*dir(paiflow), *paiflow.__all__)]",
        f"import paiflow; assert paiflow.__version__ == '{VERSION}'",
        "import paiflow; assert not hasattr(paiflow, 'nothing_like_this')",
    ],
)
def test_with_the_core_alone_every_name_that_is_listed_can_be_used(python, script):
    finished = run(python, script)

    assert (0, "") == (finished.returncode, finished.stderr)


def test_a_name_of_an_extra_is_listed_where_that_is_installed(python):
    script = (
        "import paiflow; print(*sorted({'Finding', 'Observation', 'observe'} & {*dir(paiflow)} & {*paiflow.__all__}))"
    )

    assert ("\n", "Finding Observation observe\n") == (run(python, script).stdout, run(sys.executable, script).stdout)
    assert "pip install 'paiflow-client[drift]'" in run(python, "import paiflow; paiflow.observe").stderr


def test_nothing_is_listed_but_our_own_names_and_modules():
    """Asked after everything was used, in another process than those that use more of the package."""
    script = """
import paiflow, types
for name in dir(paiflow):
    value = getattr(paiflow, name)
    home = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", "paiflow")
    # A union, such as paiflow.Outcome, has no home of its own.
    if not name.startswith("_") and name not in paiflow.__all__ and not home.startswith("paiflow"):
        print(name, home)
"""

    assert ("", "") == ((finished := run(sys.executable, script)).stdout, finished.stderr)


def test_the_core_install_is_small(python):
    """The vendor's SDK brings 31 distributions."""
    [site_packages] = python.parent.parent.glob("lib/python*/site-packages")

    assert len(list(site_packages.glob("*.dist-info"))) <= 12


CHECKED = "from paiflow.cli import main; import sys; sys.argv = ['paiflow', *{arguments!r}]; main()"


@pytest.fixture(scope="module")
def checking(wheel, tmp_path_factory):
    """The interpreter of an environment that holds the wheel with the extra `contract`, and nothing of the clone."""
    folder = tmp_path_factory.mktemp("checking")
    venv.create(folder, with_pip=False)
    [site_packages] = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site_packages)
    wanted = [Requirement(text) for text in importlib.metadata.requires("paiflow-client") or []]
    names = [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": "contract"})]
    for distribution in distributions(names):
        for file in distribution.files or []:
            if ".." not in file.parts and "__pycache__" not in file.parts and file.locate().is_file():
                (site_packages / file).parent.mkdir(parents=True, exist_ok=True)
                (site_packages / file).symlink_to(file.locate())
    return folder / "bin" / "python"


def test_the_contract_checks_run_from_the_wheel_with_their_extra_only(checking):
    arguments = ["contract", "--operation", "ListWorkspaces", "--examples", "1"]
    finished = run(checking, CHECKED.format(arguments=arguments))

    assert (0, "") == (finished.returncode, finished.stderr), finished.stdout + finished.stderr
    assert "lists: ListWorkspaces" in finished.stdout
    assert finished.stdout.rstrip().endswith("conforms")


def test_the_job_that_is_shown_runs_from_the_wheel(checking):
    section = (ROOT / "docs/maintainers/contract.md").read_text(encoding="utf-8")
    job = _yaml.load(re.search(r"```yml\n(.*?)```", section, re.DOTALL)[1])["contract"]
    commands = [shlex.split(step["run"]) for step in job["steps"] if "run" in step]
    quick = ["--only", "protocol/method", "--operation", "GetPipelineRun"]
    # The service runs there too, by the clock that is there.
    finished = run(
        checking,
        "import os, sys; from paiflow.cli import main; from paiflow.mock import MockService, serve\n"
        "service = MockService(); keys = service.credentials.access_key_id, service.credentials.access_key_secret\n"
        f"os.environ |= dict(zip({list(job['env'])}, keys))\n"
        "with serve(service) as endpoint:\n"
        f"    words = {[*commands[-1], *quick]}\n"
        "    sys.argv = [endpoint if word.startswith('http') else word for word in words]; main()",
    )

    assert ["pip", "install", "paiflow-client[contract]"] == commands[0]
    assert "paiflow" == commands[-1][0]
    assert (0, "") == (finished.returncode, finished.stderr), finished.stdout + finished.stderr
    assert re.search(r"^http://127\.0\.0\.1:\d+ conforms", finished.stdout, re.MULTILINE)


def test_the_contract_checks_call_themselves_what_they_are_called_by(checking):
    usage = run(checking, CHECKED.format(arguments=["contract", "--help"]))
    wrong = run(checking, CHECKED.format(arguments=["contract", "--operation", "Nothing"]))

    assert 0 == usage.returncode
    assert usage.stdout.startswith("usage: paiflow contract")
    assert (2, "paiflow contract: --operation Nothing: there is no such operation in the description\n") == (
        wrong.returncode,
        wrong.stderr,
    )


def test_without_the_extra_the_contract_checks_say_what_to_install(python):
    finished = run(python, "import paiflow.contract")

    assert finished.stderr.splitlines()[-1].startswith("ImportError: ")
    assert finished.stderr.splitlines()[-1].endswith("pip install 'paiflow-client[contract]'")
