"""Import every module of a generated package in a fresh interpreter, before it takes the place of the present one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tooling.errors import GenerationError

# The folder need not have the package's name yet: its modules know each other by relative imports alone.
SCRIPT = """
import importlib, importlib.util, pkgutil, sys
name, folder = "paiflow_api", sys.argv[1]
spec = importlib.util.spec_from_file_location(name, folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules[name] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
for module in pkgutil.walk_packages(package.__path__, name + "."):
    try:
        importlib.import_module(module.name)
    except Exception as error:
        sys.exit(f"{module.name}: {type(error).__name__}: {error}")
"""


def import_all(folder: Path) -> None:
    """Import all modules of the package in a folder. Nothing is written.

    Raises:
        GenerationError: one of them cannot be imported.
    """
    command = [sys.executable, "-I", "-B", "-W", "error", "-c", SCRIPT, str(folder)]
    finished = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if finished.returncode:
        raise GenerationError(f"what was generated cannot be imported: {' '.join(finished.stderr.split())}")
