"""The names that the client has already. A generated method or class of such a name would hide one of them, or be hidden.

All is read as text: the client cannot be imported without what is to be generated.
"""

from __future__ import annotations

import ast
from pathlib import Path

import paiflow
from tooling.errors import GenerationError

CLIENT = Path(paiflow.__file__).parent


def check(package: Path) -> None:
    """Check the names of a generated package.

    Raises:
        GenerationError: one of them is taken. Only what iterates may be written anew by the client, which then means to.
    """
    for name in sorted(_members(package / "methods.py") & _members(CLIENT / "client/clients.py")):
        if not name.startswith("iter_"):
            raise GenerationError(f"no operation can be called {name}: the client has something else of this name")
    for name in sorted(_exported(package / "models/__init__.py") & _exported(CLIENT / "__init__.pyi")):
        raise GenerationError(f"no schema can be called {name}: paiflow.{name} is something else")


def _members(path: Path) -> set[str]:
    """Return the names of the public methods, properties and attributes of the classes in a module."""
    nodes = [node for found in _body(path) if isinstance(found, ast.ClassDef) for node in ast.walk(found)]
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    return {name for name in functions | attributes if not name.startswith("_")}


def _exported(path: Path) -> set[str]:
    """Return the names that a module lists as its own."""
    values = [
        node.value for node in _body(path) if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return {name for value in values for name in ast.literal_eval(value)}


def _body(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text(encoding="utf-8")).body
