"""The mock is an extra: nobody pays for it who does not use it, and who lacks it is told what to do."""

import subprocess
import sys

import pytest


def python(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout


def test_importing_paiflow_does_not_import_the_mock_nor_what_it_needs():
    script = "import sys, paiflow; print(*sys.modules)"

    modules = set(python(script).split())

    assert "paiflow" in modules
    assert set() == modules & {"paiflow.mock", "uvicorn", "httptools", "uvloop", "jsonschema_rs", "yaml"}


@pytest.mark.parametrize("package", ["httptools", "jsonschema_rs", "uvicorn", "yaml"])
def test_without_the_extra_one_line_says_how_to_install_it(package):
    script = f"""
import sys
sys.modules["{package}"] = None
try:
    import paiflow.mock
except ImportError as error:
    print(error)
"""

    assert (
        f"the mock service needs the package {package}, among others: pip install 'paiflow-client[mock]'\n"
        == python(script)
    )


def test_a_module_of_our_own_that_is_missing_is_not_blamed_on_the_extra():
    script = """
import sys
sys.modules["paiflow.mock.store"] = None
try:
    import paiflow.mock
except ImportError as error:
    print(error)
"""

    assert python(script).startswith("import of paiflow.mock.store halted")
