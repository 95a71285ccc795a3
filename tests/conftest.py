"""What all tests share: no settings of the developer's, repeatable property-based tests, no silent skips in CI."""

import os
import signal
import tempfile

import pytest
from hypothesis import HealthCheck, settings

from paiflow.cli import commands
from paiflow.mock import HandTime, MockService, PaiFlowMock

# The vendor's package reads these when it is imported, which some test modules do before any fixture is set up.
for switch in ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "ALIBABA_CLOUD_CLI_PROFILE_DISABLED"):
    os.environ[switch] = "true"

# Every reply of the mock is judged by the description, in all tests.
MockService.validate = True

settings.register_profile(
    "quick", derandomize=True, max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


# A shell that starts the tests in the background, or nohup, has them ignore Ctrl-C, and so would the programs they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    """The runs of mypy that tests start share what they have read; each process has a folder of its own for that."""
    folder = tempfile.TemporaryDirectory(prefix="mypy-of-tests-")
    os.environ["MYPY_CACHE_DIR"] = folder.name
    config.add_cleanup(folder.cleanup)


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch):
    """Neither credentials nor endpoints nor proxies of the machine reach a test, nor the size and colours of its terminal."""
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name in list(os.environ):
        if name.upper().startswith(("ALIBABA", "ALICLOUD", "PAIFLOW_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    # The vendor's chain must not ask a metadata service on the network, nor read profiles of the developer's.
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    monkeypatch.setenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true")
    monkeypatch.setenv("ALIBABA_CLOUD_CREDENTIALS_FILE", os.devnull)


@pytest.fixture
def served(monkeypatch):
    """A mock service that the environment leads to; its clock is advanced by hand."""
    with PaiFlowMock() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service


@pytest.fixture
def served_by_hand(served, monkeypatch):
    """The same, and clients sleep by its clock."""
    monkeypatch.setattr("paiflow.client.clients.Time", lambda: HandTime(served.clock))
    return served


@pytest.fixture
def run_command(capsys):
    """Run the command in this process: `code, stdout, stderr = run_command("list", …)`."""

    def run_(*arguments):
        code = commands.run(arguments)
        return code, *capsys.readouterr()

    return run_


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI a skipped test is a failed one, unless it is marked `live`."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") and "live" not in item.keywords:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI does not accept"
    return report
