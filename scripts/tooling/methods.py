"""Write operations.py and methods.py: the data of each operation, and what methods.py.jinja needs for a method of it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from tooling.operations import Described
from tooling.parameters import Argument
from tooling.support.calling import Operation, Pages, Parameter

# Columns for the text of a docstring, which is indented by eight.
WIDTH = 112


def operations_module(described: list[Described]) -> str:
    """Return the text of operations.py: a constant for each operation, and all of them by name."""
    constants = "".join(
        f"{one.constant}: Final[Operation[_models.{one.operation.model}]] = {code(one.operation)}\n"
        for one in described
    )
    names = "".join(f"{one.constant}, " for one in described)
    return (
        '"""The operations: where each request goes, what it takes, and how its reply is read."""\n\n'
        "from __future__ import annotations\n\n"
        "from typing import TYPE_CHECKING, Any, Final\n\n"
        "from .calling import Operation, Pages, Parameter\n\n"
        "if TYPE_CHECKING:\n"
        "    from . import models as _models\n\n"
        f"{constants}\n"
        "# All operations, by operationId.\n"
        "OPERATIONS: Final[dict[str, Operation[Any]]] = {operation.name: operation for operation in "
        f"({names})}}\n"
    )


def code(value: Any) -> str:
    """Return the expression that makes a value; a named tuple with those of its fields that are not as by default."""
    if isinstance(value, Operation | Pages | Parameter):
        defaults = value._field_defaults
        given = ", ".join(
            f"{name}={code(field)}"
            for name, field in value._asdict().items()
            if name not in defaults or field != defaults[name]
        )
        return f"{type(value).__name__}({given})"
    if isinstance(value, tuple):
        # A comma after the last of several would make the formatter give each a line.
        return f"({', '.join(map(code, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


class Method:
    """A method of an operation: its parameters and its docstring, as code."""

    def __init__(self, described: Described, methods: Mapping[str, str], *, iterates: bool = False) -> None:
        """Take an operation.

        Args:
            described: the operation.
            methods: the names of all methods, by operationId.
            iterates: whether the method goes through all pages.
        """
        self.described = described
        self._methods = methods
        self.iterates = iterates
        pages = described.operation.pages
        left_out = {pages.number, pages.size} if pages and iterates else set()
        self.arguments = [one for one in described.arguments if one.parameter.name not in left_out]
        self.name = described.iterator if iterates else described.method

    @property
    def parameters(self) -> str:
        """The parameters: those of the path first, then the required ones, all but the former by keyword only."""
        path = [one for one in self.arguments if one.parameter.place == "path"]
        others = sorted((one for one in self.arguments if one not in path), key=_may_be_left_out)
        rest = [_parameter(one) for one in others]
        if self.iterates:
            rest += ["limit: int | None = None", f"page_size: int = {self._page_size}"]
        return "".join(f", {part}" for part in ("self", *map(_parameter, path), *(("*", *rest) if rest else ())))[2:]

    @property
    def _page_size(self) -> int:
        operation = self.described.operation
        size = operation.parameter(operation.pages.size) if operation.pages else None
        return 100 if size is None or size.maximum is None else min(100, int(size.maximum))

    @property
    def values(self) -> str:
        """The arguments by name."""
        return ", ".join(f'"{one.parameter.argument}": {one.parameter.argument}' for one in self.arguments)

    @property
    def secrets(self) -> list[str]:
        """The arguments that must not be shown."""
        return [one.parameter.argument for one in self.arguments if one.parameter.secret]

    @property
    def docstring(self) -> str:
        """The docstring's lines."""
        text = "\n".join(line.rstrip() for line in self._lines())
        return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')

    def _lines(self) -> Iterator[str]:
        operation, described = self.described.operation, self.described
        if self.iterates:
            yield f"Yield the entries of `{described.method}`, page after page, as they are needed."
            yield ""
            yield from paragraph(ITERATING if operation.pages and operation.pages.id else ITERATING_WITHOUT_IDS)
        else:
            yield from paragraph(_sentence(operation.summary or operation.name))
            for part in (*described.description.split("\n\n"), " ".join(self._rules())):
                if part.strip():
                    yield ""
                    yield from paragraph(self._in_python(part))
        if self.arguments or self.iterates:
            yield from ("", "Args:")
        for one in self.arguments:
            yield from entry(one.parameter.argument, self._argument_text(one))
        if self.iterates:
            yield from entry("limit", "The number of entries to stop after; None for all.")
            yield from entry("page_size", "The number of entries to ask for at a time.")
            yield from ("", "Yields:", "    Each entry once.")
        else:
            yield from ("", "Returns:")
            yield from paragraph(_sentence(described.returns or "The reply"), "    ")
        yield from ("", "Raises:")
        for name, text in self._errors():
            yield from entry(f"paiflow.{name}", text)
        if operation.link:
            yield from ("", f"Source: {operation.link}")

    def _in_python(self, text: str, values: Collection[str | int] = ()) -> str:
        """Return a text of the description with the names of arguments and methods, in place of those on the wire.

        Args:
            text: names of several words are names wherever they stand; others are so inside a sentence only.
            values: words that are not names.
        """
        wire = {one.parameter.name: one.parameter.argument for one in self.described.arguments}
        names = {name: python for name, python in {**self._methods, **wire}.items() if name not in values}
        clear = "|".join(re.escape(name) for name in names if re.search("[a-z][A-Z]", name))
        unclear = "|".join(re.escape(name) for name in names if not re.search("[a-z][A-Z]", name))
        pattern = rf"\b(?:{clear or '$.'})\b|(?<=[a-z] )(?:{unclear or '$.'})\b"
        return re.sub(pattern, lambda found: f"`{names[found[0]]}`", text)

    def _argument_text(self, argument: Argument) -> str:
        """Return the documentation of an argument: its description, valid values and default."""
        parameter = argument.parameter
        text = self._in_python(_sentence(argument.text), parameter.values) if argument.text else f"{parameter.name}."
        if not all(str(value) in argument.text for value in parameter.values):
            text += f" One of {_alternatives(map(str, parameter.values))}."
        if parameter.kind == "comma-list":
            text += " A text is sent as it is."
        if parameter.fields and parameter.kind == "objects":
            text += f" Each is a mapping of {_fields(parameter.fields)}"
            required = [one for one in parameter.fields if one.required]
            text += f", or a tuple of {_fields(required)}." if required else "."
        if parameter.secret:
            text += " A secret: it is never shown."
        if parameter.default:
            text += f" Default: the client's `{parameter.default}`."
        return text

    def _rules(self) -> Iterator[str]:
        operation = self.described.operation
        if operation.one_of:
            yield f"Give exactly one of {self._names(operation.one_of)}."
        if operation.any_of:
            yield f"Give {'exactly' if operation.exclusive else 'at least'} one of {self._names(operation.any_of)}."
        if operation.states:
            yield f"The run's status must be {_alternatives(operation.states)}."
        if not operation.repeatable:
            yield "The request is repeated only if the service has certainly not acted on it."

    def _names(self, names: Iterable[str]) -> str:
        return _listed([f"`{self.described.operation.parameter(name).argument}`" for name in names], "and")

    def _errors(self) -> Iterator[tuple[str, str]]:
        operation = self.described.operation
        if self.arguments:
            yield "InvalidRequest", "An argument is missing or not valid. Nothing is sent if the client can tell."
        permission = f"the permission {operation.ram_action}" if operation.ram_action else "a permission"
        yield "AccessDenied", f"The account lacks {permission}, or the credentials are refused."
        if any(one.parameter.place == "path" for one in self.arguments):
            yield "NotFound", "It does not exist, or this account cannot see it."
        yield "ServiceError", "The service refused the request or failed."
        unclear = "" if operation.repeatable else " If `maybe_done` is true, the service may have acted all the same."
        yield "TransportError", f"No reply came.{unclear}"
        yield "UnexpectedReply", "The reply does not fit the description."


ITERATING = (
    "In the order of creation, oldest first, no entry is lost while others are added. "
    "In another order, or while entries are deleted, one can be lost."
)
ITERATING_WITHOUT_IDS = "Entries that are added or deleted meanwhile can shift the pages."


def methods(described: list[Described]) -> list[Method]:
    """Return the methods of all operations, in their order."""
    names = {one.operation.name: one.method for one in described}
    return [
        Method(one, names, iterates=iterates)
        for one in described
        for iterates in (False, True)
        if one.item or not iterates
    ]


def _may_be_left_out(argument: Argument) -> bool:
    return not argument.parameter.required or argument.parameter.default is not None


def _parameter(argument: Argument) -> str:
    name, type_ = argument.parameter.argument, argument.type
    if not _may_be_left_out(argument):
        return f"{name}: {type_}"
    return f"{name}: {type_} = None" if type_ == "Any" else f"{name}: {type_} | None = None"


def _fields(parameters: Iterable[Parameter]) -> str:
    return _listed([one.argument for one in parameters], "and")


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def _alternatives(words: Iterable[str]) -> str:
    return _listed(list(words), "or")


def _listed(words: list[str], last: str) -> str:
    return f" {last} ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def entry(name: str, text: str) -> Iterator[str]:
    """Yield the lines of an entry of a section: of an argument or an error."""
    yield from paragraph(f"{name}: {text}", "    ", "        ")


def paragraph(text: str, indent: str = "", then: str | None = None) -> Iterator[str]:
    """Yield the lines of a paragraph; an item of a list begins a line."""
    for line in text.strip().replace("\n- ", "\n\n- ").split("\n\n"):
        yield from textwrap.wrap(
            " ".join(line.split()),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent if then is None else then,
            break_long_words=False,
            break_on_hyphens=False,
        )
