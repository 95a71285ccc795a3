"""What HTTP, JSON and the description ask of a service: methods, paths, content types, bodies, parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tooling.contract.expected_replies import SAMPLE_RUN, World
from tooling.contract.http import PATH, encoded
from tooling.contract.session import Case, Session
from tooling.contract.suites.lookups import COUNTS, STRANGER_NODE, node_references

METHODS = ("GET", "HEAD", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE")
PATHS = (
    *("/", "/api", "/api/v1", "/api/v1/", f"{PATH}/", f"{PATH}x", PATH.upper(), f"{PATH}.json", f"{PATH}/{SAMPLE_RUN}"),
    *("/api/v2/pipelineruns", "/api/v1/pipelines", "/pipelineruns", "/api/v1/PipelineRuns", f"/x{PATH}"),
    *(PATH.replace("/v1/", "/v1//"), PATH.replace("/v1/", "/v1/./"), f"{PATH};v=1"),
)
RIGHT_TYPES = (
    *("application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"),
    'application/json; charset="utf-8"',
)
WRONG_TYPES = (
    *("text/plain", "text/json", "application/xml", "text/html", "application/x-www-form-urlencoded", "*/*", "json"),
    *(
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/jsonx",
        "application/json-patch+json",
    ),
    *("application/ld+json", "application/x-json", "application", "application/json, text/plain", "text/yaml"),
    *(f"application/json; charset={name}" for name in ("gbk", "utf-16", "iso-8859-1", "us-ascii", "utf-7")),
)
LIMIT_BYTES = 1 << 20
"""The largest body that our mock takes."""


def cases(world: World) -> list[Case]:
    """Return the cases, for what is known to exist."""
    right = {"PipelineRuns": list(world.runs)}
    return [
        *[Case(f"method {method}", _method(method, right)) for method in METHODS],
        *[Case(f"method {method}, no body", _method(method, None)) for method in ("GET", "POST", "DELETE")],
        *[Case(f"method POST, {name}", _override(name, right)) for name in ("x-http-method-override", "x-http-method")],
        *[Case(f"path {path}", _path(path, right)) for path in PATHS],
        *[Case(f"content type {name}", _content_type(name, right)) for name in (*RIGHT_TYPES, *WRONG_TYPES, "", None)],
        *[Case(f"body {name}", _body(body)) for name, body in bodies(right)],
        *[Case(f"parameters {name}", _parameters(asked)) for name, asked in parameters(world)],
        Case("body with a name twice", _name_twice),
        Case("body at the limit", _at_the_limit),
        Case("body past the limit", _past_the_limit),
        Case("no content type, no body", lambda session: _nothing(session, None)),
        Case("a content type, no body", lambda session: _nothing(session, "application/json")),
        Case("a strange content type, no body", lambda session: _nothing(session, "text/plain")),
    ]


def bodies(right: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield bodies by what is wrong with them; all are signed rightly."""
    plain = encoded(right)
    yield from {
        "cut off": plain[:-1],
        "cut in half": plain[: len(plain) // 2],
        "with a bracket too many": plain + b"}",
        "with garbage behind": plain + b" garbage",
        "twice": plain + plain,
        "twice, in lines": plain + b"\n" + plain,
        "with a comma at the end": plain[:-1] + b",}",
        "with a comment": b"/* runs */" + plain,
        "in single quotes": plain.replace(b'"', b"'"),
        "without quotes": b"{PipelineRuns: [flow-1]}",
        "with a byte order mark": b"\xef\xbb\xbf" + plain,
        "in UTF-16": plain.decode().encode("utf-16"),
        "in UTF-32": plain.decode().encode("utf-32-be"),
        "in Latin-1": '{"PipelineRuns": ["flow-é"]}'.encode("latin-1"),
        "with a bad byte": plain[:-3] + b"\xff" + plain[-3:],
        "with a raw line break in a text": b'{"PipelineRuns": ["flow\n1"]}',
        "with a zero byte behind": plain + b"\x00",
        "with NaN": b'{"PipelineRuns": ["flow-1"], "x": NaN}',
        "with Infinity": b'{"PipelineRuns": ["flow-1"], "x": -Infinity}',
        "with a bad escape": b'{"PipelineRuns": ["flow\\x31"]}',
        "with a bad number": b'{"PipelineRuns": ["flow-1"], "x": 01}',
        "of white space": b"  \n ",
        "of text": b"PipelineRuns=flow-1",
        "of YAML": b"PipelineRuns:\n- flow-1\n",
        "of XML": b"<PipelineRuns>flow-1</PipelineRuns>",
        "of nothing in brackets": b"{",
        "null": b"null",
        "true": b"true",
        "a number": b"1",
        "a text": b'"flow-1"',
        "a text of JSON": json.dumps(plain.decode()).encode(),
        "a list": b"[]",
        "a list of requests": b"[" + plain + b"]",
        "a list of ids": encoded(right["PipelineRuns"]),
        "of open brackets without end": b"[" * 100_000,
        "of open braces without end": b'{"a":' * 100_000,
        "with a list that nests without end": b'{"PipelineRuns":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    }.items()


def parameters(world: World) -> Iterator[tuple[str, Any]]:
    """Yield parameters that do not fit the description, each for one reason, and some that do."""
    run, node = next(iter(world.runs), "flow-1"), (node_references(world) or [STRANGER_NODE])[0]
    right = {"PipelineRuns": [run]}
    yield "none", {}
    yield "only unknown ones", {"Runs": [run], "pipelineRuns": [run], "PIPELINERUNS": [run], "pipelineruns": [run]}
    yield "only WorkspaceId", {"WorkspaceId": "948"}
    yield "only OutputType", {"OutputType": "Model"}
    yield "one list empty, the other right", {"PipelineRuns": [], "Nodes": [node]}
    yield "one list right, the other empty", {"PipelineRuns": [run], "Nodes": []}
    yield "one list right, the other null", {"PipelineRuns": [run], "Nodes": None}
    yield "one list null, the other right", {"PipelineRuns": None, "Nodes": [node]}
    yield "both lists empty", {"PipelineRuns": [], "Nodes": []}
    yield "node by small letters", {"Nodes": [{"pipelineRunId": run, "nodeId": node["NodeId"]}]}
    for name, value in _strange(run).items():
        yield f"PipelineRuns {name}", {"PipelineRuns": value}
        yield f"Nodes {name}", {"Nodes": value}
        yield f"PipelineRuns with {name} in it", {"PipelineRuns": [value] if name != "text" else [run]}
        yield f"PipelineRuns with {name} at its end", {"PipelineRuns": [run, value]}
        yield f"Nodes with {name} in it", {"Nodes": [value]}
        yield f"Nodes with {name} at its end", {"Nodes": [node, value]}
        for half in ("PipelineRunId", "NodeId"):
            yield f"a node's {half} {name}", {"Nodes": [{**node, half: value}]}
        yield f"WorkspaceId {name}", {**right, "WorkspaceId": value}
        yield f"OutputType {name}", {**right, "OutputType": value}
        yield f"an unknown one {name}", {**right, "Unknown": value}
    for half in ("PipelineRunId", "NodeId"):
        yield f"a node without {half}", {"Nodes": [{name: value for name, value in node.items() if name != half}]}
        yield f"a last node without {half}", {"Nodes": [node] * 20 + [{half: node[half]}]}
    for count in COUNTS:
        yield f"a bad id after {count}", {"PipelineRuns": [run] * count + [""]}
        yield f"a bad node after {count}", {"Nodes": [node] * count + [{}]}
    for value in (
        *("model", "MODEL", "dataset", "Dataset", "DATASET", "DataSet ", " DataSet", "metrics", "modelEvaluation"),
        *("Any", "All", "*", "Model,DataSet", "Models", "DataSet\n", "DataSet\x00", "Model|Metrics", "ＭｏｄｅＬ"),
    ):
        yield f"OutputType {value!a}", {**right, "OutputType": value}
        yield f"OutputType {value!a}, nodes", {"Nodes": [node], "OutputType": value}
    yield "OutputType a list", {**right, "OutputType": ["Model"]}


def _strange(run: str) -> dict[str, Any]:
    """Return values of all kinds by name."""
    return {
        "null": None,
        "true": True,
        "false": False,
        "0": 0,
        "1": 1,
        "1.5": 1.5,
        "empty text": "",
        "text": "flow-1",
        "empty object": {},
        "object": {"PipelineRunId": run},
        "nested list": [[run]],
    }


def _method(method: str, asked: Any) -> Callable[[Session], None]:
    """HEAD and OPTIONS are methods like any other; only what the description has is there."""

    def run(session: Session) -> None:
        how: dict[str, Any] = {"content_type": None, "body": b""} if asked is None else {}
        session.refused(session.build(asked, method=method, **how), 405, "UnsupportedHTTPMethod")

    return run


def _override(name: str, asked: Any) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        request = session.build(asked, method="POST", headers=((name, "PUT"),))
        session.refused(request, 405, "UnsupportedHTTPMethod")

    return run


def _path(path: str, asked: Any) -> Callable[[Session], None]:
    return lambda session: _done(session.refused(session.build(asked, path=path), 404, "InvalidApi.NotFound"))


def _content_type(name: str | None, asked: Any) -> Callable[[Session], None]:
    return lambda session: _done(session.ask(asked, content_type=name))


def _body(body: bytes) -> Callable[[Session], None]:
    return lambda session: _done(session.ask(body=body))


def _parameters(asked: Any) -> Callable[[Session], None]:
    return lambda session: _done(session.ask(asked))


def _nothing(session: Session, content_type: str | None) -> None:
    session.refused(session.build(body=b"", content_type=content_type), 400, "MissingParameter")


def _name_twice(session: Session) -> None:
    """Two readers could understand it in two ways, so nobody is to guess."""
    run = next(iter(session.world.runs), "flow-1")
    for body in (
        f'{{"PipelineRuns":["{run}"],"PipelineRuns":["flow-x"]}}',
        f'{{"PipelineRuns":["{run}"],"a":1,"a":1}}',
    ):
        session.refused(session.build(body=body.encode()), 400, "InvalidParameter")


def _at_the_limit(session: Session) -> None:
    """Many unknown fields, or one long one, are no reason to refuse."""
    run = next(iter(session.world.runs), "flow-1")
    for size in (100_000, LIMIT_BYTES // 2, LIMIT_BYTES - 200):
        session.ask({"PipelineRuns": [run], "Comment": "x" * size})
    session.ask({"PipelineRuns": [run], **{f"Unknown{number}": number for number in range(5000)}})
    session.ask({"PipelineRuns": ["x" * 10_000, run]})


def _past_the_limit(session: Session) -> None:
    """Too much is refused in the service's form, and the service goes on."""
    run = next(iter(session.world.runs), "flow-1")
    request = session.build({"PipelineRuns": [run], "Comment": "x" * (LIMIT_BYTES + 1)})
    session.refused(request, 413, "RequestEntityTooLarge")
    session.ask({"PipelineRuns": [run]})


def _done(reply: object) -> None:
    """Drop a reply: the checks have judged it."""
