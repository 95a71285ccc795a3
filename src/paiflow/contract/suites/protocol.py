"""The rules of HTTP, JSON and the description: methods, paths, content types, bodies, parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from paiflow.contract.http import encoded
from paiflow.contract.preparation import Stock
from paiflow.contract.session import Case, Session, asking
from paiflow.contract.suites.subjects import Subject, subjects
from paiflow_api.calling import Parameter

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
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

OVERRIDES = ("x-http-method-override", "x-http-method")


def cases(session: Session, stock: Stock) -> list[Case]:
    """Return the cases, for a call of every operation."""
    return [case for subject in subjects(session, stock) for case in _of(session, subject)]


def _of(session: Session, subject: Subject) -> Iterator[Case]:
    draft = session.draft(*subject.call)
    route = session.interface.route(draft.path)
    operation = session.interface.operations[subject.operation]
    others = [method for method in METHODS if route is not None and method not in route.methods]
    tried: dict[str, dict[str, Any]] = {
        **{f"method {method}": {"method": method} for method in others},
        **{f"method {method}, no body": {"method": method, **NO_BODY} for method in others},
        **{f"method PATCH, {name}": {"method": "PATCH", "headers": ((name, draft.method),)} for name in OVERRIDES},
        **{f"path {path}": {"path": path} for path in _paths(draft.path)},
        **{f"query {words}": {"query": query} for words, query in _queries(draft.query)},
    }
    if draft.body:
        tried |= {f"content type {name}": {"content_type": name} for name in (*RIGHT_TYPES, *WRONG_TYPES, "", None)}
        tried |= {f"body {words}": {"body": body} for words, body in bodies(subject.arguments)}
        for name in (None, "application/json", "text/plain"):
            tried[f"content type {name}, no body"] = {**NO_BODY, "content_type": name}
        tried["body with its names twice"] = {"body": draft.body[:-1] + b"," + draft.body[1:]}
        tried["body with an unknown name twice"] = {"body": draft.body[:-1] + b',"a":1,"a":1}'}
    runs = {words: _sending(subject, how) for words, how in tried.items()}
    for words, arguments in parameters(operation.parameters, subject.arguments):
        runs[f"parameters {words}"] = asking(subject.operation, arguments)
    if draft.body:
        runs |= {f"body {words}": _bearing(subject, body) for words, body in _heavy(draft.body)}
        runs |= {"body at the limit": _at_the_limit(subject), "body past the limit": _past_the_limit(subject)}
    for words, run in runs.items():
        yield Case(f"{words} ({subject.words})", run, subject.operation)


NO_BODY: dict[str, Any] = {"body": b"", "content_type": None}


def _paths(path: str) -> list[str]:
    """Return paths that are like one that exists, and lead elsewhere or nowhere."""
    last = path.rpartition("/")[2]
    return [
        *(f"{path}/", f"{path}x", path.upper(), f"{path}.json", f"{path}/flow-1/x/y/z", f"/x{path}", f"{path};v=1"),
        *(path.replace("/v1/", "/v2/"), path.replace("/v1/", "/v1//"), path.replace("/v1/", "/v1/./"), path[4:]),
        *(path.replace("/api/", "/API/"), f"{path}/..", f"{path}/%2e%2e", path.removesuffix(f"/{last}") + "/", "/"),
        *(
            f"{path[:-1]}%{ord(path[-1]):02X}",
            f"{path}%00",
            f"{path}%0A",
            f"{path}%2F",
            path.replace("/v1/", "/v1/x/../"),
            path.replace(last, f"{last}%FF"),
        ),
    ]


def _queries(query: str) -> Iterator[tuple[str, str]]:
    """Yield queries that mean the same, or are not UTF-8, or hold unknown parameters."""
    start = f"{query}&" if query else ""
    yield "with unknown parameters", f"{start}Unknown=1&unknown=%F0%9F%98%80&%E8%A1%A8="
    yield "with names in other case", f"{start}pagesize=x&VERBOSE=x&depth=x"
    yield "that is not UTF-8", f"{start}Name=%FF"
    yield "with empty parts", f"{start}&&=&"
    yield "with what belongs in the body", f"{start}Manifest=x&PipelineRuns=x&OutputType=x&NoConfirmRequired=x"


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
        "a list of ids": encoded([1]),
        "of open brackets without end": b"[" * 100_000,
        "of open braces without end": b'{"a":' * 100_000,
        "with a list that nests without end": b'{"PipelineRuns":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    }.items()


def _heavy(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that break parsers, in an unknown field. A service may refuse them, but must not fail."""
    for words, value in {
        "with half a surrogate": b'"\\ud800"',
        "with a name of half a surrogate": b'1,"\\udfff":1',
        "with a number of thousands of digits": b"9" * 5000,
        "with a number of thousands of decimals": b"0." + b"9" * 5000,
        "with a number past all ranges": b"1e999999",
        "with a deep list": b"[" * 500 + b"]" * 500,
        "with a zero character": b'"\\u0000"',
    }.items():
        yield words, body[:-1] + b',"Unknown":' + value + b"}"


def parameters(known: tuple[Parameter, ...], right: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield arguments that do not fit the description, each for one reason, and some that do."""
    for parameter in known:
        without = {one: value for one, value in right.items() if one != parameter.name}
        if parameter.required and parameter.place != "path":
            yield f"without {parameter.name}", without
        if parameter.place == "body":
            for words, value in _wrong_values(parameter, right.get(parameter.name)):
                yield f"{parameter.name} {words}", {**right, parameter.name: value}
        elif parameter.place == "query":
            for text in _texts(parameter):
                yield f"{parameter.name}={text!a}", {**without, parameter.name: text}
            if parameter.kind != "comma-list":
                yield f"{parameter.name} twice", {**without, parameter.name: ["1", "2"]}
        for value in _like(parameter.values):
            yield f"{parameter.name} {value!a}", {**without, parameter.name: value}
    body = [parameter.name for parameter in known if parameter.place == "body"]
    path = {parameter.name: right[parameter.name] for parameter in known if parameter.place == "path"}
    if body:
        yield "none", path
        yield "only unknown ones", {**path, "Runs": [1], "pipelineRuns": ["x"], "PIPELINERUNS": ["x"], "name": "x"}
        yield "all at once", {**right, **dict.fromkeys(body, "x")}
        yield "in small letters", {**path, **{name.lower(): value for name, value in right.items() if name in body}}


def _wrong_values(parameter: Parameter, right: Any) -> Iterator[tuple[str, Any]]:
    """Yield values of all kinds for a parameter in the body; in lists and objects, for each part of them."""
    for words, value in _strange(right).items():
        yield words, value
        if parameter.kind in ("texts", "objects"):
            yield f"with {words} in it", [value]
            yield f"with {words} at its end", [*(right or [value]), value]
    whole = {field.name: "x" for field in parameter.fields}
    for name in whole:
        for words, value in _strange("x").items():
            yield f"whose {name} is {words}", [{**whole, name: value}]
        yield f"without {name}", [{"Other": 1}]
        yield f"without {name} at its end", [*[whole] * 20, {}]
    for count in COUNTS if parameter.kind == "texts" else ():
        yield f"with a bad one after {count}", [*["x"] * count, ""]


COUNTS = (2, 50, 100, 1001)
"""After how many right entries of a list a wrong one comes."""


def _texts(parameter: Parameter) -> tuple[str, ...]:
    """Return texts of a query's parameter that are wrong, or on the edge of it."""
    if parameter.kind in ("integer", "number"):
        return ("x", "1x", "0", "-1", "1.5", "true", "null", "", " 1", "1e3", "0x1", "9" * 30, "１")
    if parameter.kind == "boolean":
        return ("x", "2", "yes", "null", "", "true", "false", "tru", "true,false", "truе")
    return ("",)


def _like(values: tuple[str | int, ...]) -> Iterator[str]:
    """Yield texts that are like one of the valid values, and none."""
    for value in map(str, values[:1]):
        yield from {value.lower(), value.upper(), f"{value} ", f" {value}", f"{value}s", f"{value}\n", "Any", "*"} - {
            str(one) for one in values
        }
        yield f"{value},{value}"
        yield f"{value}\0"
        yield "".join(
            chr(ord(letter) + 0xFEE0) if letter.isascii() and letter.isalpha() else letter for letter in value
        )


def _strange(right: Any) -> dict[str, Any]:
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
        "object": {"PipelineRunId": "flow-1"},
        "nested list": [[right]],
        "empty list": [],
    }


def _sending(subject: Subject, how: dict[str, Any]) -> Callable[[Session], object]:
    return lambda session: session.send(session.build(*subject.call, **how))


def _bearing(subject: Subject, body: bytes) -> Callable[[Session], None]:
    """A service may refuse what is hard to read; it may not fail."""

    def run(session: Session) -> None:
        session.send(session.build(*subject.call, body=body), None)
        session.ask(*subject.call)

    return run


def _at_the_limit(subject: Subject) -> Callable[[Session], None]:
    """Many unknown fields, or one long one, are no reason to refuse."""

    def run(session: Session) -> None:
        name, arguments = subject.call
        session.ask(name, {**arguments, "Comment": "x" * (LIMIT_BYTES // 2)})
        room = LIMIT_BYTES - len(session.draft(name, arguments).body) - 200
        session.ask(name, {**arguments, "Comment": "x" * room})
        session.ask(name, {**arguments, **{f"Unknown{number}": number for number in range(5000)}})

    return run


def _past_the_limit(subject: Subject) -> Callable[[Session], None]:
    """Too much is refused in the service's form, and the service goes on."""

    def run(session: Session) -> None:
        name, arguments = subject.call
        request = session.build(name, {**arguments, "Comment": "x" * (LIMIT_BYTES + 1)})
        session.refused(request, 413, "RequestEntityTooLarge")
        session.ask(name, arguments)

    return run
