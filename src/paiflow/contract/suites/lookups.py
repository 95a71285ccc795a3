"""Lookups by id: existing things come back whole, others are left out, and a read changes nothing."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

from paiflow.contract.http import encoded
from paiflow.contract.preparation import Stock
from paiflow.contract.session import Case, GaveUpError, Session, asking, fields_of
from paiflow.contract.suites.subjects import STRANGER, STRANGER_NODE, Subject, existing, node_references, subjects
from paiflow.contract.things import text_of
from paiflow.contract.wire import Wire

STATUSES = "ListPipelineRunsStatus"
COUNTS = (2, 11, 51, 101, 201, 501, 1001, 2500)
THREADS = 6
SOME = 12
"""Runs, and nodes, of which much is asked."""


def cases(session: Session, stock: Stock) -> list[Case]:
    """Return the cases."""
    made = [Case(f"{words}", asking(name, asked), name) for name, words, asked in _by_path(session, stock)]
    if STATUSES in session.interface.operations:
        kinds = next(
            one.values for one in session.interface.operations[STATUSES].parameters if one.name == "OutputType"
        )
        made += [
            *[Case(name, asking(STATUSES, asked), STATUSES) for name, asked in questions(session, stock, kinds)],
            *[Case(f"spelt {name}", _spelt(body), STATUSES) for name, body in spelt(session, stock).items()],
            Case("parameters in the query count for nothing", _in_the_query, STATUSES),
            Case("a part gives a part", _part, STATUSES),
        ]
    for subject in subjects(session, stock):
        if session.interface.operations[subject.operation].repeatable:
            made.append(Case(f"asked again, nothing has changed ({subject.words})", _again(subject), subject.operation))
    return [*made, Case("asked at once by several", _at_once(stock), STATUSES)]


def _by_path(session: Session, stock: Stock) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield calls of all operations that name something in their path: what exists, and what is only like it."""
    known = existing(session, stock)
    nodes = [node for node in session.model.of("node") if node.ids[0] == known["PipelineRunId"]]
    # Of other things there is no model: the report says so.
    judged = {
        name: operation
        for name, operation in session.interface.operations.items()
        if all(one.name in known for one in operation.parameters if one.place == "path")
    }
    for name, operation in judged.items():
        path = [one.name for one in operation.parameters if one.place == "path"]
        right = {one.name: known[one.name] for one in operation.parameters if one.required and one.name in known}
        for number, like in enumerate(likes(right[path[-1]]) if path else ()):
            bent = path[number % len(path)]
            yield name, f"{name} of {bent} {like!a}"[:120], {**right, bent: likes(right[bent])[number % 40]}
        if not path or not operation.repeatable:
            continue
        for run in session.model.of("run")[:SOME] if path == ["PipelineRunId"] else ():
            for more in (
                {},
                {"Verbose": True},
                {"Verbose": False},
                {"ManifestType": "Raw"},
                {"TokenId": "token-of-a-share"},
            ):
                yield name, f"{name} of {text_of(run, 'Name')} {more}", {"PipelineRunId": run.id, **more}
        for pipeline in session.model.of("pipeline")[:SOME] if path == ["PipelineId"] else ():
            yield name, f"{name} of {pipeline.id}", {"PipelineId": pipeline.id}
        for node in nodes if path == ["PipelineRunId", "NodeId"] else ():
            ids = dict(zip(path, node.ids, strict=True))
            for depth in (1, 2, 3, 20):
                for more in ({}, {"Type": "Logical"}, {"Type": "Physical"}):
                    extra = more if name != "ListPipelineRunNodeOutputs" else {}
                    yield (
                        name,
                        f"{name} of {text_of(node, 'NodeName')}, {depth} deep {extra}",
                        {**ids, "Depth": depth, **extra},
                    )
            yield name, f"{name} of {text_of(node, 'NodeName')}", {**right, **ids}
            yield name, f"{name} of a node of another run", {**right, **ids, "PipelineRunId": STRANGER}


def questions(session: Session, stock: Stock, kinds: tuple[Any, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield questions of runs and nodes by what they are about."""
    runs = [run.id for run in session.model.things["run"].values()]
    nodes = node_references(session)
    for subject, name, ids in (("runs", "PipelineRuns", runs), ("nodes", "Nodes", nodes)):
        if ids:
            stranger: Any = STRANGER if name == "PipelineRuns" else STRANGER_NODE
            for group in (
                _by_ids(name, ids, stranger),
                _by_filters(name, ids, stock.workspace_id, kinds),
                _by_count(name, ids, stranger, stock.workspace_id, kinds),
            ):
                for words, asked in group:
                    yield f"{subject}, {words}", asked
    if runs and nodes:
        yield from _by_both(runs, nodes[:SOME], kinds)


def _by_ids(name: str, ids: list[Any], stranger: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "all", {name: ids}
    for position, one in enumerate(ids[:5], 1):
        yield f"one alone ({position})", {name: [one]}
    yield "in reverse", {name: ids[::-1]}
    yield "each twice", {name: [*ids, *ids]}
    yield "a stranger only", {name: [stranger]}
    yield "a stranger first", {name: [stranger, *ids]}
    yield "a stranger last", {name: [*ids, stranger]}
    yield "a stranger before and after", {name: [stranger, *ids, stranger]}
    yield "like those that exist", {name: [like for one in ids[:3] for like in likes(one)]}
    for like in likes(ids[0]):
        yield f"only like one that exists ({ascii(like)[:90]})", {name: [like]}
    yield "with unknown fields", {name: ids, "Verbose": True, "PageSize": 1, "Filter": {"a": [None, 1.5]}}


def _by_filters(
    name: str, ids: list[Any], workspace_id: str, kinds: tuple[Any, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for output_type in kinds:
        yield f"OutputType {output_type}", {name: ids, "OutputType": output_type}
    if workspace_id:
        own = {name: ids, "WorkspaceId": workspace_id}
        yield "its workspace", own
        for output_type in kinds:
            yield f"its workspace, OutputType {output_type}", {**own, "OutputType": output_type}
        for other in other_workspaces(workspace_id):
            yield f"workspace {other!r}", {name: ids, "WorkspaceId": other}
            yield f"workspace {other!r}, a type", {name: ids, "WorkspaceId": other, "OutputType": "DataSet"}


def _by_count(
    name: str, ids: list[Any], stranger: Any, workspace_id: str, kinds: tuple[Any, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Many ids: no greatest count is documented, so none may get lost on the way, and no rule may be forgotten."""
    for count, output_type in zip(COUNTS, itertools.cycle(kinds)):
        strangers = [_stranger(stranger, number) for number in range(count - len(ids))]
        last = {name: [*strangers, *ids]}
        yield f"{count}, known last", last
        yield f"{count}, known first", {name: [*ids, *strangers]}
        yield f"{count}, known first and last", {name: [*ids, *strangers, *ids]}
        yield f"{count}, OutputType {output_type}", {**last, "OutputType": output_type}
        if workspace_id:
            yield f"{count}, another workspace", {**last, "WorkspaceId": f"{workspace_id}0"}


def _by_both(
    runs: list[str], nodes: list[dict[str, str]], kinds: tuple[Any, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "both lists", {"PipelineRuns": runs, "Nodes": nodes}
    yield "both lists, Nodes first", {"Nodes": nodes, "PipelineRuns": runs}
    yield "both lists, a strange node", {"PipelineRuns": runs, "Nodes": [STRANGER_NODE]}
    yield "both lists, a strange run", {"PipelineRuns": [STRANGER], "Nodes": nodes}
    yield "both lists, a type", {"PipelineRuns": runs, "Nodes": nodes, "OutputType": "DataSet"}
    yield "both lists, another type", {"PipelineRuns": runs, "Nodes": nodes, "OutputType": "Metrics"}
    crossed = [
        {"PipelineRunId": left["PipelineRunId"], "NodeId": right["NodeId"]}
        for left, right in itertools.permutations(nodes[:6], 2)
    ]
    yield "nodes, each with another's run", {"Nodes": crossed or [STRANGER_NODE]}
    yield "nodes, ids swapped", {"Nodes": [{"PipelineRunId": n["NodeId"], "NodeId": n["PipelineRunId"]} for n in nodes]}
    yield "nodes, run known, node not", {"Nodes": [{**n, "NodeId": STRANGER_NODE["NodeId"]} for n in nodes]}
    yield "nodes, node known, run not", {"Nodes": [{**n, "PipelineRunId": STRANGER} for n in nodes]}
    yield "nodes, with unknown fields", {"Nodes": [{**n, "Depth": 2} for n in nodes]}
    yield "runs by their nodes' ids", {"PipelineRuns": [n["NodeId"] for n in nodes]}
    for (position, node), output_type in itertools.product(enumerate(nodes[:6], 1), kinds):
        yield f"node {position} alone, OutputType {output_type}", {"Nodes": [node], "OutputType": output_type}


def other_workspaces(workspace_id: str) -> list[str]:
    """Return workspaces that are not this one, some of them like it."""
    like = [f"0{workspace_id}", f"{workspace_id}0", workspace_id[:-1] or "0", f"{workspace_id} ", f" {workspace_id}"]
    return [*like, f"{workspace_id}**", "*", "1", "999999999", "workspace", "工作区"]


def likes(one: Any) -> list[Any]:
    """Return ids that are like one that exists, and are not it: ids are opaque and compared whole."""
    if isinstance(one, dict):
        bent = [{**one, name: like} for name in one for like in likes(one[name])]
        return [{name: one[name] for name in item} for item in bent]
    text = str(one)
    variants = [
        *(text.upper(), text.capitalize(), text[:-1], f"{text}x", text[1:], f"{text}\n", f"\n{text}", f"{text} "),
        *(f" {text}", f"{text}\x00", f"{text}\x00x", f"{text}\u200b", f"{text}\ufeff", f"{text}/", f"{text}%00"),
        *(
            f"{text},{text}",
            text.replace("l", "\uff4c").replace("o", "\u043e"),
            f"{text}\u0301",
            "*",
            "%",
            f"{text[:6]}*",
        ),
        *(f'{text}"', f"{text}'", f"{text}' OR '1'='1", f"{text}\\", f"../{text}", "é\U0001f600", f"{text}\r\n"),
    ]
    # Patterns, separators that are taken for others, and spellings that something else than JSON would decode.
    variants += [text.replace("-", other) for other in ("", "_", " ", "\u2010")]
    variants += [f"{text[:-1]}{other}" for other in ("_", "?", ".")]
    variants += [".*", f"^{text}$", f"{text}|x", text.partition("-")[2]]
    variants += ["".join(form % ord(letter) for letter in text) for form in ("%%%02x", "&#%d;", "\\u%04x")]
    return [variant for variant in dict.fromkeys(variants) if variant and variant not in (text, f"{text}\n\n")]


def spelt(session: Session, stock: Stock) -> dict[str, bytes]:
    """Return one request, in spellings that all mean the same JSON."""
    runs = [run.id for run in session.model.of("run")]
    nodes = node_references(session)
    asked: dict[str, Any] = {"Nodes": nodes, "OutputType": "DataSet"} if nodes else {"PipelineRuns": runs}
    if stock.workspace_id:
        asked["WorkspaceId"] = stock.workspace_id
    plain = encoded(asked)
    return {
        "tightly": plain,
        "with spaces and lines": json.dumps(asked, indent=4).encode(),
        "with white space around": b" \r\n\t" + plain + b"\n\n",
        "in another order": encoded(dict(reversed(asked.items()))),
        "with escapes": _escaped(asked),
        "with escapes, runs": _escaped({"PipelineRuns": runs}),
    }


def _escaped(asked: dict[str, Any]) -> bytes:
    """Return parameters with every letter of every text and name as an escape."""

    def escape(text: re.Match[str]) -> str:
        units = json.loads(text[0]).encode("utf-16-be").hex()
        return f'"{re.sub("....", lambda unit: chr(92) + "u" + unit[0], units)}"'

    return re.sub(r'"(?:[^"\\]|\\.)*"', escape, encoded(asked).decode()).encode()


def _spelt(body: bytes) -> Callable[[Session], object]:
    return lambda session: session.ask(STATUSES, {}, body=body)


def _in_the_query(session: Session) -> None:
    """The operation has its parameters in the body, and only there."""
    for asked in ({"PipelineRuns": [run.id for run in session.model.of("run")]}, {"Nodes": node_references(session)}):
        for query in (f"PipelineRuns={STRANGER}", "Nodes=x", "WorkspaceId=1", "OutputType=Metrics", "OutputType=x"):
            if all(asked.values()):
                session.ask(STATUSES, asked, query=query)


def _again(subject: Subject) -> Callable[[Session], None]:
    """Reads have no effect: the same question has the same answer, with other reads in between."""

    def run(session: Session) -> None:
        still = session.strict and not any(thing.moving for thing in session.model.of("run"))
        first = session.ask(*subject.call)
        session.ask(subject.operation, {**subject.arguments, "PipelineRunId": STRANGER, "PageSize": 1})
        again = session.ask(*subject.call)
        if still:
            session.expect("asking-changes-nothing", fields_of(first) == fields_of(again), "asked again, it differs")

    return run


def _part(session: Session) -> None:
    """Some of the ids return the same items as all ids together."""
    still = [node.ids for node in session.model.of("node") if not node.moving and node.ids in session.model.explored]
    references = [{"PipelineRunId": run, "NodeId": node} for run, node in still[:SOME]]
    together = session.ask(STATUSES, {"Nodes": references}) if references else None
    for reference in references:
        alone = session.ask(STATUSES, {"Nodes": [reference]})
        for kind in ("Nodes", "Outputs"):
            due = [item for item in (together.items(kind) if together else []) if reference.items() <= item.items()]
            if session.strict:
                found = alone.items(kind) if alone else []
                session.expect("a-part-gives-a-part", due == found, f"{kind} of one node differ alone and among others")


def _at_once(stock: Stock) -> Callable[[Session], None]:
    """Answers are not mixed up, on connections that are open at the same time: more than a client opens."""

    def run(session: Session) -> None:
        asked = [one for one in subjects(session, stock) if session.interface.operations[one.operation].repeatable]
        for thing in session.model.of("run")[:SOME]:
            asked.append(Subject("a run", "GetPipelineRun", {"PipelineRunId": thing.id}))
            asked.append(Subject("a run", STATUSES, {"PipelineRuns": [thing.id]}))

        def call(offset: int, wire: Wire) -> None:
            try:
                for turn in range(8):
                    subject = asked[(offset * 5 + turn) % len(asked)]
                    session.send(session.build(*subject.call), wire=wire)
            except GaveUpError:
                pass  # the next call of the session gives up too

        for count in (THREADS, 4 * THREADS):
            with contextlib.ExitStack() as opened:
                wires = [opened.enter_context(contextlib.closing(session.connect())) for _ in range(count)]
                for wire in wires:  # one after the other: it is not about how many may connect at the same instant
                    session.send(session.build(*asked[0].call), wire=wire)
                threads = [threading.Thread(target=call, args=one) for one in enumerate(wires)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

    return run


def _stranger(pattern: Any, number: int) -> Any:
    if isinstance(pattern, dict):
        return {name: _stranger(value, number) for name, value in pattern.items()}
    return f"{pattern[:-6]}{number:06d}"
