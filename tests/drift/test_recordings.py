"""Recorded traffic is read, whatever recorded it; what is broken is told with file and position."""

import base64
import gzip
import json
import zlib
from pathlib import Path

import pytest

from paiflow import _yaml
from paiflow.drift import RecordingError, load, read
from paiflow.drift.replies import Reply, match

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
    "YAML with objects of Python": ("interactions:\n- !!python/object:os.system {}\n", ":2:3: not YAML: "),
    "entries that are no list": (json.dumps({"log": {"entries": {}}}), ": log.entries is not a list"),
    "an entry that is no object": (har("x"), ": log.entries[0]: not a recorded reply: "),
    "an entry without a response": (
        har({"request": {}}),
        ": log.entries[0]: not a recorded reply: response is missing",
    ),
    "a second entry without a URL": (
        har(har_entry({"text": "{}"}), {"request": {"method": "PUT"}, "response": {"status": 200}}),
        ": log.entries[1]: not a recorded reply: url is missing",
    ),
    "a status that is none": (
        har(har_entry({}, status="x")),
        ": log.entries[0]: not a recorded reply: invalid literal",
    ),
    "content that is not base64": (
        har(har_entry({"text": "x", "encoding": "base64"})),
        ": log.entries[0]: not a recorded reply: ",
    ),
    "content that is no object": (
        har({"request": {"method": "PUT", "url": "/"}, "response": {"status": 200, "content": "{}"}}),
        ": log.entries[0]: not a recorded reply: something in it is of another kind than it should be",
    ),
    "content whose text is an object": (
        har(har_entry({"text": {}})),
        ": log.entries[0]: not a recorded reply: its body is not text",
    ),
    "a body that is a list": (
        cassette(interaction([1])),
        ": interactions[0]: not a recorded reply: its body is not text",
    ),
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


def test_an_entry_without_a_reply_or_with_a_header_without_a_name_is_no_broken_file(tmp_path):
    unanswered = har_entry({}) | {"response": None}
    nameless = har_entry({"text": "{}"})
    nameless["response"]["headers"] = [{"value": "x"}]

    assert [0, 200] == [one.status for one in read(str(written(tmp_path, har(unanswered, nameless))))]


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(RecordingError, match=r"^/nowhere/recording: No such file"):
        read("/nowhere/recording")


def test_a_body_that_does_not_decompress_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setattr("paiflow.drift.recordings.MAX_REPLY_BYTES", 1000)
    bomb = gzip.compress(json.dumps({"a": " " * 100_000}).encode())
    bodies = [bomb, PACKED[:12] + b"junk", PACKED[:-9], b"\x1b not brotli"]
    text = cassette(*(interaction({"base64_string": base64.b64encode(body).decode()}) for body in bodies))

    assert ["ListPipelineRunsStatus 200 whose body is not JSON"] * 4 == replies(written(tmp_path, text))
