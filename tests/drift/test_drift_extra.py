"""The drift report is an extra: nobody pays for it who does not use it, and who lacks it is told what to do."""

import subprocess
import sys

import pytest

NEEDED = ["jsonpath", "jsonschema", "openapi_schema_validator", "openapi_spec_validator", "yaml"]


def python(script):
    return subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)


def test_a_client_that_is_not_observed_loads_nothing_of_it():
    script = "import sys, paiflow; paiflow.PaiFlow('cn-hangzhou').close(); print(*sys.modules)"

    modules = set(python(script).stdout.split())

    assert "paiflow.client.clients" in modules
    assert set() == modules & {"paiflow.drift", *NEEDED}


@pytest.mark.parametrize("package", NEEDED)
def test_without_the_extra_one_line_says_how_to_install_it(package):
    script = f"""
import sys
sys.modules["{package}"] = None
try:
    import paiflow
    paiflow.observe
except ImportError as error:
    print(error)
"""

    assert (
        f"the drift report needs the package {package}, among others: pip install 'paiflow-client[drift]'\n"
        == python(script).stdout
    )


def test_without_the_extra_the_command_says_how_to_install_it():
    script = "import sys; sys.modules['yaml'] = None; sys.argv = ['paiflow', 'drift', 'x']; from paiflow.cli import main; main()"
    finished = python(script)

    assert (2, "", 1) == (finished.returncode, finished.stdout, finished.stderr.count("\n"))
    assert "pip install 'paiflow-client[drift]'" in finished.stderr


def test_a_module_of_our_own_that_is_missing_is_not_blamed_on_the_extra():
    script = "import sys; sys.modules['paiflow.drift.walk'] = None; import paiflow; paiflow.observe"

    assert "import of paiflow.drift.walk halted" in python(script).stderr
