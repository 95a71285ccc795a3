"""Write what a command found to stdout: a table for people, JSON, JSON lines or ids for programs.

How one kind of thing is shown is a `View`: data, of which views.py has those of the service.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TextIO, TypeVar

import attrs
import click

T = TypeVar("T")

Form = Literal["table", "wide", "json", "jsonl", "name", "yaml", "text"]


class QueryError(click.UsageError):
    """A query that cannot be applied, such as the length of null. The message shows the beginning of the JSON."""


@attrs.frozen
class Column(Generic[T]):
    """A column of a table.

    Attributes:
        heading: what stands above it, and how tables.py knows which may be shortened or left out.
        value: returns what a cell shows; see tables.cell.
        wide: shown by -o wide only.
    """

    heading: str
    value: Callable[[T], object]
    wide: bool = False


@attrs.frozen
class View(Generic[T]):
    """How one kind of thing is shown.

    Attributes:
        kind: its name in JSON lines.
        plural: the name of a list of them in JSON.
        name: returns its id.
        columns: of its table.
        wire: returns it as JSON has it.
    """

    kind: str
    plural: str
    name: Callable[[T], str | None]
    columns: tuple[Column[T], ...]
    wire: Callable[[T], dict[str, Any]]


@attrs.frozen(kw_only=True)
class Output:
    """How a command writes what it found.

    Attributes:
        form: of -o.
        headers: whether tables have headings.
        query: of --query: a JMESPath expression for JSON.
        utc: whether people are shown times in UTC instead of their own zone.
        now: returns the time that ages are counted from, in seconds since the epoch.
    """

    form: Form = "table"
    headers: bool = True
    query: str | None = None
    utc: bool = False
    now: Callable[[], float] = time.time

    @property
    def machine(self) -> bool:
        """Whether a program reads it."""
        return self.form in ("json", "jsonl", "name")

    def write(self, view: View[T], items: Iterable[T]) -> int:
        """Write things of one kind, and return how many there were. Lines are written as the things come."""
        count = 0
        match self.form:
            case "json":
                found = [view.wire(item) for item in items]
                self.json({view.plural: found})
                return len(found)
            case "jsonl":
                for count, item in enumerate(items, 1):  # noqa: B007 - it is returned
                    self.json_line({"Kind": view.kind, **view.wire(item)})
            case "name":
                for count, item in enumerate(items, 1):  # noqa: B007 - it is returned
                    if (name := view.name(item)) is not None:
                        click.echo(name)
            case _:
                rows = list(items)
                self.tables((view, rows))
                return len(rows)
        return count

    def moment(self) -> datetime:
        """Return the moment that ages are counted from."""
        return datetime.fromtimestamp(self.now(), UTC)

    def tables(self, *parts: tuple[View[Any], Iterable[Any]], stream: TextIO | None = None) -> None:
        """Write a table for each kind of thing of which there is any, to stdout unless a stream is given."""
        from paiflow.cli import tables  # noqa: PLC0415 - costly to load, and for people only

        wide = self.form == "wide"
        now = self.moment()
        made: list[tables.Table] = []
        for view, items in parts:
            columns = [column for column in view.columns if wide or not column.wide]
            table = tables.Table(*(column.heading for column in columns))
            for item in items:
                table.add_row(*(tables.cell(column.value(item), utc=self.utc, now=now) for column in columns))
            made.append(table)
        tables.write(made, headers=self.headers, whole=wide, stream=stream)

    def json(self, value: object) -> None:
        """Write a JSON document, or what the query makes of it."""
        click.echo(_json(self._asked(value), indent=2))

    def json_line(self, value: object) -> None:
        """Write a JSON document on one line, or what the query makes of it; nothing if that is null."""
        if self.query is None or (value := self._asked(value)) is not None:
            click.echo(_json(value))

    def _asked(self, value: object) -> object:
        if self.query is None:
            return value
        import jmespath  # noqa: PLC0415 - for --query only

        try:
            return jmespath.search(self.query, value)
        except jmespath.exceptions.JMESPathError as error:
            reason = " ".join(str(error).split())
            raise QueryError(f"--query does not fit the JSON: {reason}; without it: {_json(value):.500}") from None


def _json(value: object, indent: int | None = None) -> str:
    """Return JSON in which all that prints is readable, and nothing steers a terminal."""
    readable = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, indent=indent, ensure_ascii=not readable)
    if text.isascii():
        return text
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text)
