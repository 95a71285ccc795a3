"""The command `paiflow explore`."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from samples_run import run_curl, run_python

from paiflow.samples import sample, site_of

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "exploring.md"
PAIFLOW = Path(sys.executable).with_name("paiflow")
NAMES = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "PAIFLOW_EXPLORER", "PAIFLOW_EXPLORER_TOKEN"]


def test_the_demo_needs_no_account_and_prints_what_samples_read():
    command = [PAIFLOW, "explore", "--demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        variables = dict(process.stdout.readline().strip().split("=", 1) for _ in NAMES)
        page = process.stdout.readline().strip()
        [block] = re.findall(
            r"^export PAIFLOW_EXPLORER=.*\n(curl .*)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE
        )
        curl = run_curl(block, variables)
        shown = httpx.get(variables["PAIFLOW_EXPLORER"], trust_env=False)
        headers = {"x-paiflow-token": variables["PAIFLOW_EXPLORER_TOKEN"]}
        description = httpx.get(f"{variables['PAIFLOW_EXPLORER']}/-/description", headers=headers, trust_env=False)
        endpoint = description.json()["x-explorer"]["where"]["PAIFlow"]
        python = run_python(sample("python", "ListWorkspaces", {}, site_of(endpoint=endpoint)), variables)
        process.terminate()
        code = process.wait()
        words = process.stderr.read()

    assert NAMES == list(variables)
    assert f"{variables['PAIFLOW_EXPLORER']}/#token={variables['PAIFLOW_EXPLORER_TOKEN']}" == page
    assert (200, 200) == (curl.status_code, shown.status_code)
    assert "'WorkspaceId': '948'" in python
    assert (0, "paiflow: open this address in a browser; Ctrl-C ends the explorer\n") == (code, words)


def test_without_a_page_it_is_a_proxy_for_what_the_environment_names(tmp_path):
    environ = {"PAIFLOW_ENDPOINT": "http://127.0.0.1:9", "HOME": str(tmp_path)}
    command = [PAIFLOW, "explore", "--no-page"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        variables = dict(process.stdout.readline().strip().split("=", 1) for _ in NAMES[2:])
        reply = run_curl(sample("proxy", "ListWorkspaces", {}), variables)
        process.terminate()
        rest = process.stdout.read()

    assert (NAMES[2:], "") == (list(variables), rest)
    assert (502, "Explorer.Upstream") == (reply.status_code, reply.json()["Code"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no endpoint: give a region or an endpoint"),
        (["--host", "0.0.0.0"], "No such option"),
    ],
)
def test_a_mistake_is_one_line(arguments, words, tmp_path):
    finished = subprocess.run(
        [PAIFLOW, "explore", *arguments], capture_output=True, text=True, env={"HOME": str(tmp_path)}, check=False
    )

    assert (2, "", 1) == (finished.returncode, finished.stdout, finished.stderr.count("\n"))
    assert words in finished.stderr


def test_a_port_in_use_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        command = [PAIFLOW, "explore", "--demo", "--port", port]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (2, "") == (finished.returncode, finished.stdout)
    assert f"paiflow: the explorer cannot listen on 127.0.0.1 port {port}: Address already in use\n" == finished.stderr


def test_without_its_extra_it_says_how_to_install_it():
    script = (
        "import importlib.util as u, sys; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'flask_swagger_ui' else find(name, *a)\n"
        "sys.argv = ['paiflow', 'explore', '--demo']\n"
        "from paiflow.cli import main; main()"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (2, "", 1) == (finished.returncode, finished.stdout, finished.stderr.count("\n"))
    assert "pip install 'paiflow-client[explorer]'" in finished.stderr
