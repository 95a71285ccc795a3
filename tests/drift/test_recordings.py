"""Recorded traffic is read, whatever recorded it; what is broken is told with file and position."""

import base64
import copy
import functools
import gzip
import json
import operator
import zlib
from pathlib import Path

import brotli
import pytest
from backports import zstd

from paiflow import _yaml
from paiflow.cli import commands
from paiflow.client.reply_body import MAX_REPLY_BYTES
from paiflow.drift import Collection, RecordingError, encodings, load, read
from paiflow.drift.replies import NO_REPLY, Reply, match

RECORDINGS = Path(__file__).with_name("recordings")
URL = "https://paiflow.cn-hangzhou.aliyuncs.com/api/v1/pipelineruns?a=b"
REPLY = {"RequestId": "größe", "Nodes": [], "Extra": 1}
BODY = json.dumps(REPLY, ensure_ascii=False)


def har(*entries):
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def har_entry(content, *, status=200, method="PUT", url=URL, headers=()):
    return {
        "request": {"method": method, "url": url, "headers": [], "postData": {"text": "not judged"}},
        "response": {"status": status, "headers": [{"name": n, "value": v} for n, v in headers], "content": content},
    }


def cassette(*interactions, key="interactions"):
    return _yaml.dump({key: list(interactions), "version": 1})


def interaction(body, *, headers=None, uri=URL, **response):
    return {
        "request": {"method": "put", "uri": uri, "body": "not judged"},
        "response": {"status": {"code": 200, "message": "OK"}, "headers": headers or {}, "body": body, **response},
    }


def replies(path, operation=None):
    """What is judged of a file, and why the rest is not."""
    description = load()
    matched = [match(description, recorded, description.by_name.get(operation)) for recorded in read(str(path))]
    return [(one.where, one.status, one.value) if isinstance(one, Reply) else one.why for one in matched]


def written(tmp_path, text, name="recording"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


PACKED = gzip.compress(BODY.encode(), mtime=0)
COMPRESSIONS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "raw deflate": lambda body: zlib.compress(body)[2:-4],
    "br": brotli.compress,
    "zstd": zstd.compress,
}
FORMS = {
    "HAR": har(har_entry({"text": BODY})),
    "HAR in base64": har(har_entry({"text": base64.b64encode(BODY.encode()).decode(), "encoding": "base64"})),
    "HAR, compressed": har(
        har_entry(
            {"text": base64.b64encode(PACKED).decode(), "encoding": "base64"}, headers=[("Content-Encoding", "gzip")]
        )
    ),
    "HAR with a byte order mark": "\ufeff" + har(har_entry({"text": BODY})),
    "cassette": cassette(interaction({"string": BODY})),
    "cassette as JSON": json.dumps({"version": 1, "interactions": [interaction({"string": BODY})]}),
    "cassette in base64": cassette(interaction({"base64_string": base64.b64encode(BODY.encode()).decode()})),
    "cassette that was decompressed, though its headers say otherwise": cassette(
        interaction({"string": BODY}, headers={"Content-Encoding": ["gzip"]})
    ),
    "cassette of an old httpx": cassette(interaction(None, content=BODY, status_code=200)),
    "cassette with its body as it is": cassette(interaction(BODY)),
    "cassette with deflate": cassette(
        interaction(
            {"base64_string": base64.b64encode(zlib.compress(BODY.encode())).decode()},
            headers={"content-encoding": ["deflate"]},
        )
    ),
    "cassette with a raw deflate": cassette(
        interaction(
            {"base64_string": base64.b64encode(zlib.compress(BODY.encode())[2:-4]).decode()},
            headers={"content-encoding": "deflate"},
        )
    ),
    "cassette of Ruby": cassette(interaction({"encoding": "UTF-8", "string": BODY}), key="http_interactions"),
    "cassette with binary": (
        f"interactions:\n- request: {{method: PUT, uri: '{URL}'}}\n  response:\n    headers: {{Content-Encoding: [gzip]}}\n"
        f"    status: {{code: 200}}\n    body: {{string: !!binary {base64.b64encode(PACKED).decode()}}}\n"
    ),
}


POSTMAN = {
    "info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [
        {"item": [{"request": {"method": "PUT", "url": {"raw": URL}}, "response": [{"status": "OK", "code": 200, "header": [{"key": "a", "value": "b"}], "body": BODY}]}]}
    ],
}  # fmt: skip
LENIENT = {
    "headers as an object": har_entry({"text": BODY}) | {"response": {"status": 200, "headers": {"a": "b"}, "content": {"text": BODY}}},
    "headers that are null": har_entry({"text": BODY}) | {"response": {"status": 200, "headers": None, "content": {"text": BODY}}},
    "a status as text": har_entry({"text": BODY}, status="200 OK"),
    "text that is marked as base64": har_entry({"text": BODY, "encoding": "base64"}),
    "base64 over lines": har_entry({"text": base64.encodebytes(BODY.encode()).decode(), "encoding": "base64"}),
    "a body that was parsed": har_entry({"text": REPLY}),
    "a body beside its response": har_entry({}) | {"response": {"status": 200, "body": REPLY}},
    "a body as code points": har_entry({"text": list(BODY.encode())}),
    "a body as signed bytes": har_entry({"text": [byte - 256 if byte > 127 else byte for byte in BODY.encode()]}),
    "a body by index": har_entry({"text": {str(index): byte for index, byte in enumerate(BODY.encode())}}),
    "a body as a Buffer": har_entry({"text": {"type": "Buffer", "data": list(BODY.encode())}}),
    "two compressions": har_entry(
        {"text": base64.b64encode(brotli.compress(PACKED)).decode(), "encoding": "base64"}, headers=[("content-encoding", "gzip, br")]
    ),
}  # fmt: skip


@pytest.mark.parametrize("entry", LENIENT.values(), ids=LENIENT)
def test_what_tools_write_differently_is_read(tmp_path, entry):
    assert [("recording entry 1", 200, REPLY)] == replies(written(tmp_path, har(entry)))


def test_examples_in_a_collection_of_postman_are_read(tmp_path):
    assert [("recording example 1", 200, REPLY)] == replies(written(tmp_path, json.dumps(POSTMAN)))


@pytest.mark.parametrize("name", COMPRESSIONS)
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("form", ["base64", "code points", "characters"])
def test_a_compressed_body_is_read_whether_its_headers_tell_or_not(tmp_path, name, told, form):
    packed = COMPRESSIONS[name](BODY.encode())
    content = {
        "base64": {"text": base64.b64encode(packed).decode(), "encoding": "base64"},
        "code points": {"text": list(packed)},
        "characters": {"text": packed.decode("latin-1")},
    }[form]
    headers = [("Content-Encoding", name.removeprefix("raw "))] if told or form == "characters" else []

    assert [("recording entry 1", 200, REPLY)] == replies(written(tmp_path, har(har_entry(content, headers=headers))))


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_recorded_reply_is_read(tmp_path, text):
    assert [("recording entry 1", 200, REPLY)] == replies(written(tmp_path, text))


@pytest.mark.parametrize(
    "content",
    [BODY, "\ufeff" + BODY, BODY.encode("utf-16"), json.dumps(REPLY, indent=2)],
    ids=["UTF-8", "with a byte order mark", "UTF-16", "indented"],
)
def test_a_plain_reply_is_read(tmp_path, content):
    assert [("recording", 200, REPLY)] == replies(written(tmp_path, content))


def test_plain_replies_are_read_one_a_line(tmp_path):
    path = written(tmp_path, f'{BODY}\n\n{{"RequestId": "2", "Logs": []}}\r\n', "log.jsonl")

    assert [("log.jsonl line 1", 200, REPLY), ("log.jsonl line 3", 200, {"RequestId": "2", "Logs": []})] == replies(
        path
    )


@pytest.mark.parametrize("name", ["compressed.yaml", "decoded.json"])
def test_what_vcrpy_recorded_is_read(name):
    """Recorded by vcrpy 9.4.2 from requests and httpx, each reply compressed on the wire."""
    value = {
        "RequestId": "r-1",
        "PipelineRuns": [{"PipelineRunId": "flow-größe", "Status": "Hibernating", "Priority": 5}],
    }

    assert [(f"{name} entry {number}", 200, value) for number in (1, 2)] == replies(RECORDINGS / name)


def test_an_alias_in_a_cassette_is_followed(tmp_path):
    text = cassette(interaction({"string": BODY})).replace("- request:", "- &one\n    request:") + "# again\n"
    text = text.replace("version: 1\n", "") + "  - *one\n"

    assert [200, 200] == [status for _, status, _ in replies(written(tmp_path, text))]


def test_a_plain_error_is_judged_as_one(tmp_path):
    error = {"Code": "Throttling", "Message": "Too many.", "RequestId": "r", "HostId": "h"}

    path = written(tmp_path, json.dumps(error))
    words = "reply that may answer ListPipelines, CreatePipeline, GetPipeline and 16 more: name the operation"

    assert [("recording", 400, error)] == replies(path, "StartPipelineRun")
    assert [words] == replies(path)


def test_what_cannot_be_judged_is_skipped_for_a_reason(tmp_path):
    entries = [
        har_entry({"text": "{}"}, url="https://user:secret@example.com/x?token=secret"),
        har_entry({"text": "{}"}, method="PATCH"),
        har_entry({"text": "<html>"}, status=502),
        har_entry({"size": 0}),
        har_entry({"text": '{"a": NaN}'}),
        har_entry({"text": "[" * 100_000}),
        har_entry({}, status=0),
    ]

    assert [
        "PUT example.com/x is not described",
        "PATCH paiflow.cn-hangzhou.aliyuncs.com/api/v1/pipelineruns is not described",
        "ListPipelineRunsStatus 502 whose body is not JSON",
        "ListPipelineRunsStatus 200 without a body",
        "ListPipelineRunsStatus 200 whose body is not JSON",
        "ListPipelineRunsStatus 200 whose body is not JSON",
        "ListPipelineRunsStatus that was not answered",
    ] == replies(written(tmp_path, har(*entries)))


BROKEN = {
    "no text": (b"\xff\xfe\x00\xd8", ": not text: byte 3 is 0x00"),
    "no JSON": ('{"a": 1;}', ":1:8: neither a HAR file nor a cassette nor a JSON reply"),
    "no JSON in its second line": ('{\n"a": x}', ":2:6: neither"),
    "other YAML": ("a: 1\n", ":1:1: neither"),
    "a line of words": ("hello\n", ":1:1: neither"),
    "nothing": ("", ": empty: "),
    "blanks only": (" \n", ": empty: "),
    "YAML that does not parse": ("interactions:\n- a: [1\n", ":3:1: not YAML: "),
    "a date in YAML that is none": ("interactions: []\nat: 2026-99-99\n", ": not YAML: month must be in 1..12"),
    "a number in YAML without end": ("interactions: []\nat: " + "9" * 5000, ": not YAML: Exceeds the limit"),
    "YAML with objects of Python": ("interactions:\n- !!python/object:os.system {}\n", ":2:3: not YAML: "),
    "entries that are no list": (json.dumps({"log": {"entries": {}}}), ": not an archive: log.entries is not a list"),
    "an archive without entries": ('{"log": {}}', ": not an archive: log.entries is missing"),
    "an archive that is compressed": (PACKED, ": compressed (gzip): unpack it first"),
    "lists without end": ("[" * 100_000, ""),
    "YAML without end": ("a: " + "[" * 100_000, ""),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_with_its_position(tmp_path, content, message):
    path = written(tmp_path, content)

    with pytest.raises(RecordingError) as caught:
        read(str(path))
    assert str(caught.value).startswith(f"{path}{message}")
    assert "\n" not in str(caught.value)


OURS, OTHERS = "ListPipelineRunsStatus 200", "GET other.example/logo.png is not described"
RAW = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
LOST = PACKED.decode("utf-8", "replace")
ODD = {
    "no object": ("x", "entry that is not an object"),
    "nothing": ({}, "entry without a request that has a URL"),
    "a request without a URL": ({"request": {"method": "PUT"}}, "entry without a request that has a URL"),
    "a URL that is a number": ({"request": {"url": 5}}, "entry without a request that has a URL"),
    "a request without a method": ({"request": {"url": URL}}, "entry without a request that has a method"),
    "no response": ({"request": {"method": "PUT", "url": URL}}, "ListPipelineRunsStatus that was not answered"),
    "null for a response": (har_entry({}) | {"response": None}, "ListPipelineRunsStatus that was not answered"),
    "a response of words": (har_entry({}) | {"response": "x"}, "ListPipelineRunsStatus whose response is not an object"),
    "a status that is null": (har_entry({}, status=None), "ListPipelineRunsStatus whose status is not a number"),
    "a status that is words": (har_entry({}, status="x"), "ListPipelineRunsStatus whose status is not a number"),
    "a status without end": (har_entry({}, status=1e400), "ListPipelineRunsStatus whose status is not a number"),
    "false base64": (har_entry({"text": "not!", "encoding": "base64"}), f"{OURS} whose body is not the base64 that it is marked as"),
    "an image": (har_entry({"text": RAW, "encoding": "base64"}), f"{OURS} whose body is not text"),
    "a body elsewhere": (har_entry({"_file": "a1.json"}), f"{OURS} whose body is in another file: record it with the bodies embedded"),
    "an unknown compression": (har_entry({"text": RAW, "encoding": "base64"}, headers=[("content-encoding", "dcb")]), f"{OURS} whose body is compressed with dcb, which is not supported"),
    "broken brotli": (har_entry({"text": RAW, "encoding": "base64"}, headers=[("content-encoding", "br")]), f"{OURS} whose br body is broken, or larger than {MAX_REPLY_BYTES} bytes"),
    "lost bytes": (har_entry({"text": LOST}, headers=[("content-encoding", "gzip")]), f"{OURS} whose gzip body was recorded as text, and is lost"),
    "a gateway's envelope": (har_entry({"text": '{"code": 502}'}), f"{OURS} {NO_REPLY}"),
    "another site's image": (har_entry({"text": "?", "encoding": "base64"}, method="GET", url="https://other.example/logo.png"), OTHERS),
    "another site without a response": ({"request": {"method": "GET", "url": "https://other.example/logo.png"}}, OTHERS),
}  # fmt: skip
URLS = {
    "https://[REDACTED]/api/v1/pipelineruns": "PUT https://[REDACTED]/api/v1/pipelineruns: the URL cannot be taken apart",
    "http://[::1/x?token=a1b2c3": "PUT http://[::1/x: the URL cannot be taken apart",
    "https://a\u2100b/x": "PUT https://a\u2100b/x: the URL cannot be taken apart",
    "https://h:port/x": "PUT h:port/x is not described",
    "https://h:99999999/x": "PUT h:99999999/x is not described",
    "https://\ud800/x": "PUT \\ud800/x is not described",
    "data:text/plain," + "a" * 500: f"PUT {('text/plain,' + 'a' * 500)[:116]}… is not described",
}


@pytest.mark.parametrize(("entry", "why"), ODD.values(), ids=ODD)
def test_an_odd_entry_is_skipped_by_its_reason_and_the_rest_is_judged(tmp_path, entry, why):
    good = har_entry({"text": BODY})

    assert [why, ("recording entry 2", 200, REPLY)] == replies(written(tmp_path, har(entry, good)))


@pytest.mark.parametrize(("url", "why"), URLS.items(), ids=range(len(URLS)))
def test_an_odd_url_is_skipped_and_shown_short(tmp_path, url, why):
    assert [why] == replies(written(tmp_path, har(har_entry({"text": BODY}, url=url))))


ODD_VALUES = [
    None,
    True,
    -1,
    10**30,
    1e400,
    float("nan"),
    "",
    "\ud800",
    "[",
    "é\0",
    [],
    {},
    [[]],
    [None],
    {"a": {}},
    {"": []},
]


def places(value, steps=()):
    """Every place in JSON data."""
    yield steps
    for key, item in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield from places(item, (*steps, key))


@pytest.mark.parametrize("of", ["HAR", "cassette"])
def test_no_value_at_any_place_of_an_entry_loses_the_others(of, tmp_path):
    har_like = har_entry({"text": BODY, "encoding": None, "mimeType": "x"}, headers=[("content-encoding", "br")])
    odd = har_like if of == "HAR" else interaction({"string": BODY}, headers={"a": ["b"]})
    collection = Collection(load())
    entries = []
    for *way, last in filter(None, places(odd)):
        for value in ODD_VALUES:
            entry = copy.deepcopy(odd)
            functools.reduce(operator.getitem, way, entry)[last] = value
            entries.append(entry)
    good = har_entry({"text": BODY})
    text = har(*entries, good) if of == "HAR" else json.dumps({"interactions": [*entries, good]})
    for recorded in read(str(written(tmp_path, text))):
        judged = collection.add(recorded)

    assert REPLY == judged[0].value
    assert len(entries) + 1 == collection.replies + collection.skipped.total()
    assert collection.skipped.total() > 100


@pytest.mark.parametrize(
    "body", [f'{{"RequestId": {value}}}' for value in ("1e400", "9" * 5000, '"\\ud800"', "[" * 500 + "]" * 500, "NaN")]
)
@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_no_value_in_a_body_ends_in_a_traceback(tmp_path, capsys, body, form):
    path = written(tmp_path, har(har_entry({"text": body}), har_entry({"text": BODY})))
    code = commands.run(("drift", str(path), "--format", form))

    assert code in (1, 2)
    assert "Traceback" not in capsys.readouterr().err


def test_an_array_of_archives_and_archives_one_a_line_are_read(tmp_path):
    archive = har(har_entry({"text": BODY}))
    entry = json.dumps(har_entry({"text": BODY}))

    assert [("recording part 1 entry 1", 200, REPLY), ("recording part 2", 200, REPLY)] == replies(
        written(tmp_path, f"[{archive}, {entry}]")
    )
    assert [("recording line 1 entry 1", 200, REPLY), ("recording line 2", 200, REPLY)] == replies(
        written(tmp_path, f"{archive}\n{entry}\n")
    )
    assert [f"body {NO_REPLY}"] == replies(written(tmp_path, f"[{archive}, 1]"))


def test_a_line_that_was_cut_is_skipped(tmp_path):
    assert [("recording line 1", 200, REPLY), "line that is not an object of JSON"] == replies(
        written(tmp_path, f'{BODY}\n{{"RequestId": ')
    )


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(RecordingError, match=r"^/nowhere/recording: No such file"):
        read("/nowhere/recording")


def test_a_body_that_does_not_decompress_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setattr("paiflow.drift.encodings.MAX_REPLY_BYTES", 1000)
    large = json.dumps({"a": " " * 100_000}).encode()
    bodies = [gzip.compress(large), PACKED[:12] + b"junk", PACKED[:-9], zstd.compress(large)]
    text = cassette(*(interaction({"base64_string": base64.b64encode(body).decode()}) for body in bodies))

    broken = "ListPipelineRunsStatus 200 whose {} body is broken, or larger than 1000 bytes"
    assert [broken.format(name) for name in ("gzip", "gzip", "gzip", "zstd")] == replies(written(tmp_path, text))


@pytest.mark.parametrize(("name", "package", "codec"), [("br", "brotli", "br"), ("zstd", "backports.zstd", "zstd")])
def test_without_its_package_a_compression_is_named(tmp_path, monkeypatch, name, package, codec):
    monkeypatch.setitem(encodings._CODECS, codec, [])
    body = COMPRESSIONS[name](BODY.encode())
    text = har(
        har_entry({"text": base64.b64encode(body).decode(), "encoding": "base64"}, headers=[("content-encoding", name)])
    )

    assert [f"{OURS} whose body is compressed with {name}: install {package} to read it"] == replies(
        written(tmp_path, text)
    )
