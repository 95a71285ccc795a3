"""The names that the client has already. A generated method or class of such a name would hide one of them, or be hidden."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import paiflow

# Read as text, because the client needs what is to be generated.
HERE = Path(paiflow.__file__).parent


@cache
def public_names() -> frozenset[str]:
    """Return the names that `paiflow` exports besides the models."""
    found = [statement for statement in _statements(HERE / "__init__.pyi") if isinstance(statement, ast.Assign)]
    [names] = [ast.literal_eval(one.value) for one in found if ast.unparse(one.targets[0]) == "__all__"]
    return frozenset(names)


@cache
def methods() -> frozenset[str]:
    """Return the names of the public methods, properties and attributes of the clients."""
    classes = [statement for statement in _statements(HERE / "client.py") if isinstance(statement, ast.ClassDef)]
    functions = [
        one for found in classes for one in found.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return frozenset(["endpoint", *(one.name for one in functions if not one.name.startswith("_"))])


def _statements(path: Path) -> Iterator[ast.stmt]:
    yield from ast.parse(path.read_text(encoding="utf-8")).body
