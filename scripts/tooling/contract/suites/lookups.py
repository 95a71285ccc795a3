"""Right requests: what exists comes back whole, what does not is left out, and asking changes nothing."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tooling.contract.expected_replies import OUTPUT_TYPES, World
from tooling.contract.http import encoded
from tooling.contract.session import Case, GaveUpError, Session, lists_of

STRANGER = "flow-000000000000000000"
STRANGER_NODE = {"PipelineRunId": STRANGER, "NodeId": "node-000000000000000000"}
COUNTS = (2, 11, 50, 51, 100, 101, 201, 500, 1001, 2500)
THREADS = 6


def cases(world: World) -> list[Case]:
    """Return the cases, for what is known to exist."""
    return [
        *[Case(name, _asking(asked)) for name, asked in questions(world)],
        *[Case(f"spelt {name}", _spelt(body)) for name, body in spelt(world).items()],
        Case("parameters in the query count for nothing", _in_the_query),
        Case("asked again, nothing has changed", _again),
        Case("a part gives a part", _part),
        Case("asked at once by several", _at_once),
    ]


def questions(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield right requests by what they are about."""
    runs, nodes = list(world.runs), node_references(world)
    for subject, name, ids in (("runs", "PipelineRuns", runs), ("nodes", "Nodes", nodes)):
        if ids:
            stranger: Any = STRANGER if name == "PipelineRuns" else STRANGER_NODE
            for group in (
                _by_ids(name, ids, stranger),
                _by_filters(name, ids, world),
                _by_count(name, ids, stranger, world),
            ):
                for words, asked in group:
                    yield f"{subject}, {words}", asked
    if runs and nodes:
        yield from _by_both(runs, nodes)


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
    yield "with what nobody knows", {name: ids, "Verbose": True, "PageSize": 1, "Filter": {"a": [None, 1.5]}}


def _by_filters(name: str, ids: list[Any], world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    for output_type in OUTPUT_TYPES:
        yield f"OutputType {output_type}", {name: ids, "OutputType": output_type}
    if world.workspace_id is not None:
        own = {name: ids, "WorkspaceId": world.workspace_id}
        yield "its workspace", own
        for output_type in OUTPUT_TYPES:
            yield f"its workspace, OutputType {output_type}", {**own, "OutputType": output_type}
        for other in other_workspaces(world.workspace_id):
            yield f"workspace {other!r}", {name: ids, "WorkspaceId": other}
            yield f"workspace {other!r}, a type", {name: ids, "WorkspaceId": other, "OutputType": "DataSet"}


def _by_count(name: str, ids: list[Any], stranger: Any, world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Many ids: no greatest count is documented, so none may get lost on the way, and no rule may be forgotten."""
    for count, output_type in zip(COUNTS, itertools.cycle(OUTPUT_TYPES)):
        strangers = [_stranger(stranger, number) for number in range(count - len(ids))]
        last = {name: [*strangers, *ids]}
        yield f"{count}, known last", last
        yield f"{count}, known first", {name: [*ids, *strangers]}
        yield f"{count}, known first and last", {name: [*ids, *strangers, *ids]}
        yield f"{count}, OutputType {output_type}", {**last, "OutputType": output_type}
        if world.workspace_id is not None:
            yield f"{count}, another workspace", {**last, "WorkspaceId": f"{world.workspace_id}0"}


def _by_both(runs: list[str], nodes: list[dict[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
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
    yield "nodes, with what nobody knows", {"Nodes": [{**n, "Depth": 2} for n in nodes]}
    yield "runs by their nodes' ids", {"PipelineRuns": [n["NodeId"] for n in nodes]}
    for (position, node), output_type in itertools.product(enumerate(nodes[:4], 1), OUTPUT_TYPES):
        yield f"node {position} alone, OutputType {output_type}", {"Nodes": [node], "OutputType": output_type}


def node_references(world: World) -> list[dict[str, str]]:
    """Return references to all nodes that answer to something."""
    return [{"PipelineRunId": run, "NodeId": node} for run, node in world.node_keys]


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


def spelt(world: World) -> dict[str, bytes]:
    """Return one request, in spellings that all mean the same JSON."""
    asked: dict[str, Any] = (
        {"Nodes": node_references(world), "OutputType": "DataSet"}
        if world.node_keys
        else {"PipelineRuns": [*world.runs]}
    )
    if world.workspace_id:
        asked["WorkspaceId"] = world.workspace_id
    plain = encoded(asked)
    return {
        "tightly": plain,
        "with spaces and lines": json.dumps(asked, indent=4).encode(),
        "with white space around": b" \r\n\t" + plain + b"\n\n",
        "in another order": encoded(dict(reversed(asked.items()))),
        "with escapes": _escaped(asked),
        "with escapes, runs": _escaped({"PipelineRuns": list(world.runs)}),
    }


def _escaped(asked: dict[str, Any]) -> bytes:
    """Return parameters with every letter of every text and name as an escape."""

    def escape(text: re.Match[str]) -> str:
        units = json.loads(text[0]).encode("utf-16-be").hex()
        return f'"{re.sub("....", lambda unit: chr(92) + "u" + unit[0], units)}"'

    return re.sub(r'"(?:[^"\\]|\\.)*"', escape, encoded(asked).decode()).encode()


def _asking(asked: dict[str, Any]) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        session.ask(asked)

    return run


def _spelt(body: bytes) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        session.ask(body=body)

    return run


def _in_the_query(session: Session) -> None:
    """The operation has its parameters in the body, and only there."""
    for asked in ({"PipelineRuns": list(session.world.runs)}, {"Nodes": node_references(session.world)}):
        for query in (f"PipelineRuns={STRANGER}", "Nodes=x", "WorkspaceId=1", "OutputType=Metrics", "OutputType=x"):
            if all(asked.values()):
                session.ask(asked, query=query)


def _again(session: Session) -> None:
    """Reads have no effect: the same question has the same answer, whatever was asked between."""
    world = session.world
    for asked in ({"PipelineRuns": list(world.runs)}, {"Nodes": node_references(world) or [STRANGER_NODE]}):
        first = session.ask(asked)
        for between in ({"WorkspaceId": "1"}, {"OutputType": "Model"}, {}):
            session.ask({**asked, **between})
        for _ in range(10):
            again = session.ask(asked)
            if world.whole:
                session.expect("asking-changes-nothing", lists_of(first) == lists_of(again), "asked again, it differs")


def _part(session: Session) -> None:
    """What comes back for some of the ids is what comes back for them among all."""
    references = node_references(session.world)
    together = session.ask({"Nodes": references}) if references else None
    for reference in references:
        alone = session.ask({"Nodes": [reference]})
        for kind in ("Nodes", "Outputs"):
            due = [item for item in (together.items(kind) if together else []) if reference.items() <= item.items()]
            if session.world.whole:
                found = alone.items(kind) if alone else []
                session.expect("a-part-gives-a-part", due == found, f"{kind} of one node differ alone and among others")


def _at_once(session: Session) -> None:
    """Answers are not mixed up, on connections that are open at the same time."""
    world = session.world
    asked: list[dict[str, Any]] = [{"PipelineRuns": [run]} for run in world.runs] + [
        {"Nodes": [node]} for node in node_references(world)
    ]
    asked += [{"PipelineRuns": [STRANGER]}, {"PipelineRuns": list(world.runs), "WorkspaceId": "1"}]

    def call(offset: int) -> None:
        wire = session.connect()
        try:
            for turn in range(8):
                parameters = asked[(offset + turn) % len(asked)]
                due = world.answer(parameters)
                session.send(session.build(parameters), due, positive=True, wire=wire)
        except GaveUpError:
            pass  # the next call of the session gives up too
        finally:
            wire.close()

    threads = [threading.Thread(target=call, args=(offset,)) for offset in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _stranger(pattern: Any, number: int) -> Any:
    if isinstance(pattern, dict):
        return {name: _stranger(value, number) for name, value in pattern.items()}
    return f"{pattern[:-6]}{number:06d}"
