"""Lists of all operations that page: every filter, every order, pages of every size, and a count that counts all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from paiflow.contract.discovery import pages_of
from paiflow.contract.http import Reply
from paiflow.contract.interface import Described
from paiflow.contract.preparation import Stock
from paiflow.contract.session import Case, Session, asking
from paiflow.contract.things import text_of
from paiflow.contract.views import LISTS
from paiflow.mock.timeline import moment_of
from paiflow_api.calling import Parameter

SIZES = (1, 2, 3, 7, 100)
MOST_SECONDS = 30
"""Seconds of which a log is read one by one."""

CREATED = "GmtCreateTime"
"""What a list is sorted by that has no other order."""


def cases(session: Session, stock: Stock) -> list[Case]:
    """Return the cases."""
    made = []
    for name, operation in session.interface.operations.items():
        if operation.pages is None:
            continue
        _note_what_is_alike(session, operation)
        for words, base in _bases(session, stock, name):
            for question, arguments in _questions(session, name, operation.parameters, base):
                made.append(Case(f"{name}, {words}{question}", asking(name, arguments), name))
            sizes = SIZES if operation.pages.by == "page" else SIZES[:2]
            made += [Case(f"{name}, {words}pages of {size}", _paging(name, base, size), name) for size in sizes]
    return made


def _bases(session: Session, stock: Stock, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the scope of a list: all things, or those that the suite created."""
    if name == "ListPipelineRuns":
        yield "", {}
        yield "ours, ", {"SourceId": stock.tag}
    elif name == "ListPipelines":
        yield "", {}
        yield "ours, ", {"PipelineIdentifier": stock.tag, "FuzzyMatching": True}
    elif "NodeId" in {one.name for one in session.interface.operations[name].parameters}:
        for run in _ended(session):
            root = text_of(run, "NodeId")
            depth = {"Depth": 9} if name == "ListPipelineRunNodeOutputs" else {}
            for node in session.model.nodes_of(run):
                words = "the root of" if node.id == root else f"{text_of(node, 'NodeName')} of"
                yield f"{words} {text_of(run, 'Name')}, ", {"PipelineRunId": run.id, "NodeId": node.id, **depth}
    else:
        yield "", {}


def _ended(session: Session) -> list[Any]:
    """Return a run whose nodes have put out and written, and one of the samples."""
    runs = [run for run in session.model.of("run") if text_of(run, "NodeId")]
    return sorted(
        runs, key=lambda run: -len([one for one in session.model.logs.items() if one[0][0] == run.id and one[1]])
    )[:3]


def _questions(
    session: Session, name: str, parameters: tuple[Parameter, ...], base: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield questions: each filter with each value that something has, and with one that nothing has."""
    yield "as it comes", base
    sorts = next((one.values for one in parameters if one.name == "SortBy"), ())
    orders = next((one.values for one in parameters if one.name == "Order"), ())
    for order in orders:
        yield f"Order {order}", {**base, "Order": order}
        for by in sorts:
            yield f"by {by}, {order}", {**base, "SortBy": by, "Order": order}
            yield (
                f"by {by}, {order}, the second page",
                {**base, "SortBy": by, "Order": order, "PageNumber": 2, "PageSize": 3},
            )
    for parameter in parameters:
        if parameter.place == "query" and parameter.name not in {"PageNumber", "PageSize", "SortBy", "Order", *base}:
            for value in _values(session, name, parameter, base):
                yield f"{parameter.name} {value!a}"[:120], {**base, parameter.name: value}
                if parameter.kind == "text" and name == "ListPipelines":
                    yield (
                        f"{parameter.name} like {value!a}"[:120],
                        {**base, parameter.name: value, "FuzzyMatching": True},
                    )
    together = [one for one in parameters if one.name in ("Status", "Name", "SourceType", "WorkspaceId")]
    for first, second in pairwise(together):
        for left in _values(session, name, first, base)[:3]:
            for right in _values(session, name, second, base)[:3]:
                both = {**base, first.name: left, second.name: right}
                yield f"{first.name} {left!a} and {second.name} {right!a}"[:120], both


FIELDS = {
    "PipelineIdentifier": "Identifier",
    "PipelineProvider": "Provider",
    "PipelineVersion": "Version",
    "PipelineIds": "PipelineId",
    "WorkspaceIds": "WorkspaceId",
}


VALUES: dict[str, list[Any]] = {"Fields": [["Id"]], "Option": ["GetWorkspaces", "GetResourceLimits"]}
"""Values that no thing has in a field."""


def _values(session: Session, name: str, parameter: Parameter, base: dict[str, Any]) -> list[Any]:
    """Return values for a filter."""
    fixed: dict[str, list[Any]] = {
        "boolean": [True, False],
        "integer": [0, 1, 2, 9] if parameter.minimum == 0 else [1, 2, 3] if parameter.minimum else [],
        "enum": list(parameter.values),
    }
    if parameter.name == "Keyword":
        return _keywords(session.model.logs.get((base["PipelineRunId"], base["NodeId"]), []))
    if parameter.secret:
        return ["token-of-a-share"]
    if (values := VALUES.get(parameter.name, fixed.get(parameter.kind))) is not None:
        return values
    pages = session.interface.operations[name].pages
    kind = LISTS.get(pages.items if pages else "", "")
    field = FIELDS.get(parameter.name, parameter.name)
    known = [text_of(thing, field) for thing in session.model.things.get(kind, {}).values()]
    there = [value for value in dict.fromkeys(known) if value]
    some = [*there[:3], *there[3:][-3:]]
    if parameter.kind == "comma-list":
        return [some[:1], some[:3], [*some[:1], "nothing"], ["nothing"]] if some else []
    likes = [*(value[:-1] for value in some[-2:] if value[:-1]), *(value.swapcase() for value in some[-1:])]
    return [*some, *likes, "nothing", "%", "*"]


def _keywords(lines: list[str]) -> list[Any]:
    words = [word for line in lines[:3] for word in line.split()[-1:]]
    return list(dict.fromkeys([*words, *(word.upper() for word in words), *lines[:2], "nothing of the kind", "."]))


def _note_what_is_alike(session: Session, operation: Described) -> None:
    """Note each order of a list that cannot be checked, because all of its things are alike."""
    kind = LISTS.get(operation.pages.items) if operation.pages else None
    things = session.model.of(kind) if kind else []
    keys = [str(value) for one in operation.parameters if one.name == "SortBy" for value in one.values] or [CREATED]
    alike = [key for key in keys if len({text_of(thing, key) for thing in things}) < 2]
    if things and alike:
        session.unchecked.append(
            f"{operation.name}: its order by {', '.join(alike)}: all that is there has the same one"
        )


def _paging(name: str, base: dict[str, Any], size: int) -> Callable[[Session], None]:
    """Every page, and one behind the last: each item once, and the same count on each."""

    def run(session: Session) -> None:
        pages = session.interface.operations[name].pages
        if pages is None:
            return
        if pages.by == "offset":
            _skipping(session, name, base, size)
            return
        replies = list(pages_of(session, name, base, size))
        counts = {reply.fields.get(pages.total or "") for reply in replies}
        found = [str(item.get(pages.id or "")) for reply in replies for item in reply.items(pages.items)]
        session.expect("pages-hold-each-once", len(set(found)) == len(found), f"{name}: an item is on two pages")
        session.expect(
            "pages-hold-all", counts == {len(found)}, f"{name}: {len(found)} on all pages, TotalCount {counts}"
        )
        session.ask(name, {**base, pages.number: len(replies) + 5, pages.size: size})

    return run


def _skipping(session: Session, name: str, base: dict[str, Any], size: int) -> None:
    """Lines from every offset on, both ways, are those of the whole log."""
    whole = session.ask(name, {**base, "PageSize": 1000})
    lines = _lines(whole)
    if len(lines) > 1 and session.model.offset is None:
        second = _lines(session.ask(name, {**base, "PageSize": 2, "Offset": 1}))
        session.model.offset = "lines" if second[:1] == lines[1:2] else "pages"
    for start in range(len(lines) + 2):
        session.ask(name, {**base, "PageSize": size, "Offset": start})
        session.ask(name, {**base, "PageSize": size, "Offset": start, "Reverse": True})
    ask = {**base, "PageSize": 1000}
    late = _lines(session.ask(name, {**ask, "FromTimeInSeconds": 4_000_000_000}))
    early = _lines(session.ask(name, {**ask, "ToTimeInSeconds": 1}))
    every = _lines(session.ask(name, {**ask, "FromTimeInSeconds": 1, "ToTimeInSeconds": 4_000_000_000}))
    session.expect(
        "a-log-has-its-times", not late and not early, f"{name}: lines came of a time when none were written"
    )
    session.expect("a-log-has-its-times", every == lines, f"{name}: lines of all times are not all lines")
    if pieces := [_lines(session.ask(name, {**ask, **one})) for one in _seconds(session, base)]:
        together = [line for piece in pieces for line in piece]
        session.expect("a-log-has-its-times", together == lines, f"{name}: lines of each second are not all lines")


def _seconds(session: Session, base: dict[str, Any]) -> Iterator[dict[str, int]]:
    """Yield each second in which a node ran, if these are few."""
    node = session.model.thing("node", base["PipelineRunId"], base["NodeId"])
    began, ended = (moment_of(text_of(node, name)) if node else None for name in ("StartedAt", "FinishedAt"))
    if session.strict and began and ended and ended - began <= MOST_SECONDS:
        for second in range(int(began), int(ended) + 1):
            yield {"FromTimeInSeconds": second, "ToTimeInSeconds": second}


def _lines(reply: Reply | None) -> list[str]:
    lines = reply.fields.get("Logs") if reply is not None and reply.status == 200 else None
    return lines if isinstance(lines, list) else []
