"""The built wheel works on its own: core dependencies only, typed, and nothing loaded that is not needed."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent

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
    [metadata] = site_packages.glob("paiflow-*.dist-info/METADATA")
    core = re.findall(r"^Requires-Dist: ([\w.-]+)(?!.*extra ==).*$", metadata.read_text(), re.MULTILINE)
    for distribution in distributions(core):
        for file in distribution.files or []:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (site_packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), site_packages / file)
    return folder / "bin" / "python"


def run(python, script):
    """Run a script in the environment, away from the project."""
    return subprocess.run(
        [str(python), "-I", "-c", script], capture_output=True, text=True, check=False, cwd=python.parent
    )


def test_the_wheel_holds_both_packages_and_their_types(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    for name in ("paiflow/py.typed", "paiflow_api/py.typed", "paiflow_api/openapi.yaml", "paiflow/cli/__init__.py"):
        assert name in names
    assert {name.split("/")[0] for name in names} == {"paiflow", "paiflow_api", "paiflow-0.1.0.dist-info"}


def test_a_users_script_runs_with_core_dependencies_only(python):
    finished = run(python, SCRIPT)

    assert ("PaiFlow(endpoint='https://paiflow.cn-hangzhou.aliyuncs.com')\n", "") == (finished.stdout, finished.stderr)


def test_a_users_script_type_checks_there(python, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-executable", str(python)]
    finished = subprocess.run([*command, str(script)], capture_output=True, text=True, check=False, cwd=tmp_path)
    (tmp_path / "wrong.py").write_text(SCRIPT.replace('["flow-a"]', "[7]"))
    wrong = subprocess.run([*command, "wrong.py"], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert (0, "Success: no issues found in 1 source file\n") == (finished.returncode, finished.stdout)
    assert 'incompatible type "int"; expected "str"' in wrong.stdout


def test_without_extras_the_command_and_the_mock_say_what_to_install(python):
    command = run(python, "from paiflow.cli import main; main()")
    mock = run(python, "import paiflow.mock")

    assert (2, "paiflow: the command needs an extra: pip install 'paiflow[cli]'\n") == (
        command.returncode,
        command.stderr,
    )
    assert mock.stderr.splitlines()[-1].startswith("ImportError: the mock service needs the package ")
    assert mock.stderr.splitlines()[-1].endswith("pip install 'paiflow[mock]'")


def test_a_client_loads_neither_the_command_nor_the_mock_nor_what_a_call_may_never_need(python):
    script = "import json, sys, paiflow; paiflow.PaiFlow('cn-hangzhou'); print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(run(python, script).stdout))

    assert "paiflow.client" in modules
    for absent in ("click", "rich", "yaml", "uvicorn", "asyncio", "alibabacloud_credentials"):
        assert absent not in modules
    for absent in ("paiflow.mock", "paiflow.cli", "paiflow.overlays"):
        assert absent not in modules


def test_the_import_of_the_client_loads_only_what_a_client_is_made_of(python):
    """The rest is loaded with the first connection, reply, wait or error."""
    script = "import json, sys; from paiflow import PaiFlow; print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(run(python, script).stdout))

    assert {"httpx", "paiflow.client"} < modules
    assert not {"httpcore", "html", "paiflow_api.client", "paiflow_api.models.node"} & modules
    assert not {f"paiflow.{name}" for name in ("_network", "batches", "waiting", "drift")} & modules


def test_importing_the_package_loads_nothing_before_a_name_is_used(python):
    script = "import json, sys, paiflow; print(json.dumps(sorted(sys.modules)))"

    assert not {"httpx", "attr", "paiflow_api", "paiflow.client"} & set(json.loads(run(python, script).stdout))


def test_the_core_install_is_small(python):
    """The vendor's SDK brings 31 distributions."""
    [site_packages] = python.parent.parent.glob("lib/python*/site-packages")

    assert len(list(site_packages.glob("*.dist-info"))) <= 12
