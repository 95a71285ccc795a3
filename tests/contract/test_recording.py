"""`scripts/contract --record DIR` keeps what was exchanged, and no secret in any form."""

import base64
import binascii
import html
import json
import os
import signal
import stat
import subprocess
import sys
from urllib.parse import quote, unquote

import pytest
from contract.runs import FEW, judged, judged_behind, variables
from hypothesis import given, settings
from hypothesis import strategies as st

from paiflow import PaiFlowError
from paiflow.contract import command, recording
from paiflow.contract.checks import Exchange
from paiflow.contract.command import Options
from paiflow.contract.http import Reply, Request
from paiflow.contract.known_secrets import KnownSecrets
from paiflow.contract.signer import Draft, sign
from paiflow.contract.suites import generated
from paiflow.contract.targets import LASTING, TEMPORARY
from paiflow.credentials import Credentials
from paiflow.mock import MockService, serve
from tooling import generation

# With everything that an encoding changes: quotes, a backslash, and what base64 and URLs are made of.
CREDENTIALS = Credentials("STS.CanaryKeyId7dW2", 'Canary"Secret\\9h<v&Q', "CanaryToken+3/xYz==")
VALUES = [CREDENTIALS.access_key_id, CREDENTIALS.access_key_secret, CREDENTIALS.security_token]
ACCOUNT = "1234567890123456"
ENDPOINT = "http://127.0.0.1:8080"
SMALL = Options(examples=FEW, only="lookups/runs", operation="ListPipelineRunsStatus")


def archived(*exchanges):
    """What would be written of exchanges, as text."""
    secrets = KnownSecrets(VALUES, recording._signatures([(ENDPOINT, exchange) for exchange in exchanges]))
    return recording.archive([(ENDPOINT, exchange) for exchange in exchanges], secrets)


def entries(folder):
    """The entries of the only recording in a folder."""
    [path] = folder.iterdir()
    return json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]


# Reading a recording as somebody would who looks for secrets: a second implementation, that decodes everything.


def strings(value):
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def decodings(text):
    yield unquote(text)
    yield html.unescape(text)
    yield "".join(text.replace("\0", "").split())
    for candidate in (text, f'"{text}"'):
        try:
            yield from strings(json.loads(candidate, strict=False))
        except (ValueError, RecursionError):
            continue
    # Each run of letters of base64, from each of its first four.
    letters = "".join(letter if letter.isalnum() or letter in "+/-_" else " " for letter in text if letter.isascii())
    for run in letters.replace("-", "+").replace("_", "/").split():
        for start in range(4):
            part = run[start:]
            try:
                yield base64.b64decode(part[: len(part) // 4 * 4]).decode("latin-1")
            except binascii.Error:
                continue


def everything_in(text, depth=3):
    """A text and all that is in it, decoded up to three times."""
    seen, level = set(), {text}
    for _ in range(depth):
        seen |= level
        level = {one for text in level if len(text) > 12 for one in decodings(text)} - seen
    return "\n".join(seen | level)


def leaks(text, secrets=(*VALUES, ACCOUNT)):
    """The secrets in a recording."""
    whole = text + "".join(everything_in(one) for one in set(strings(json.loads(text))))
    return [secret for secret in secrets if secret in whole]


ENCODINGS = {
    "as it is": lambda text: text,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded, lower case": lambda text: (
        quote(text, safe="").lower() if text.isdigit() else quote(text, safe="")
    ),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps({"x": text}))[1:-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of more": lambda text: base64.urlsafe_b64encode(f"a:{text}:b".encode()).decode(),
    "HTML": html.escape,
    "code points": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
}

# Where something can stand in an exchange: {} is it, and a place is the exchange with it.
REQUEST = Request(
    "PUT", "/api/v1/pipelineruns", (("host", "h"), ("content-type", "application/json")), b'{"PipelineRuns": []}'
)
REPLY = Reply(200, (("content-type", "application/json"), ("x-acs-request-id", "R-1")), b'{"RequestId": "R-1"}')


def signed(body=b"{}"):
    draft = Draft("PUT", "/api/v1/pipelineruns", "ListPipelineRunsStatus", "2021-02-02", "", body, "application/json")
    return sign(draft, "127.0.0.1:8080", CREDENTIALS)


PLACES = {
    "path": lambda it: Exchange(Request("PUT", f"/x/{it}/y", (), b""), REPLY),
    "query": lambda it: Exchange(Request("PUT", f"/x?a={it}&b=1", (), b""), REPLY),
    "name in the query": lambda it: Exchange(Request("PUT", f"/x?{it}=1", (), b""), REPLY),
    "method": lambda it: Exchange(Request(it, "/x", (), b""), REPLY),
    "header of the request": lambda it: Exchange(Request("PUT", "/x", (("x-note", f"a {it} b"),), b""), REPLY),
    "name of a header": lambda it: Exchange(Request("PUT", "/x", ((f"x-{it}", "1"),), b""), REPLY),
    "body of the request": lambda it: Exchange(Request("PUT", "/x", (), f"text, then {it} and more".encode()), REPLY),
    "broken JSON": lambda it: Exchange(Request("PUT", "/x", (), f'{{"a": "{it}'.encode()), REPLY),
    "JSON": lambda it: Exchange(REQUEST, Reply(200, (), json.dumps({"Name": f"<{it}>"}).encode())),
    "name in JSON": lambda it: Exchange(REQUEST, Reply(200, (), json.dumps({"deep": [{it: 1}]}).encode())),
    "JSON in JSON": lambda it: Exchange(REQUEST, Reply(200, (), json.dumps({"Value": json.dumps({"a": it})}).encode())),
    "HTML": lambda it: Exchange(REQUEST, Reply(502, (("content-type", "text/html"),), f"<p>{it}</p>".encode())),
    "UTF-16": lambda it: Exchange(REQUEST, Reply(200, (), it.encode("utf-16-le"))),
    "other bytes": lambda it: Exchange(REQUEST, Reply(200, (), b"\xff\xfe" + it.encode() + b"\xff")),
    "lines": lambda it: Exchange(REQUEST, Reply(200, (), "\r\n".join([it[:9], it[9:]]).encode())),
    "header of the reply": lambda it: Exchange(REQUEST, Reply(302, (("location", f"https://h/?x={it}"),), b"")),
    "user info": lambda it: Exchange(REQUEST, Reply(302, (("location", f"https://u:{it}@h/"),), b"")),
    "fault": lambda it: Exchange(REQUEST, None, f"it broke: {it}"),
    "case": lambda it: Exchange(REQUEST, REPLY, place=f"suite/{it}"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_value_of_the_credentials_is_kept_wherever_it_stands_and_however(place, encoding):
    text = archived(*[PLACES[place](ENCODINGS[encoding](value)) for value in VALUES], Exchange(signed(), REPLY))

    assert [] == leaks(text)


@given(
    st.sampled_from(sorted(PLACES)),
    st.lists(st.sampled_from(sorted(ENCODINGS)), max_size=2),
    st.sampled_from([*VALUES, ACCOUNT]),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="0123456789"), max_size=5),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="0123456789"), max_size=5),
)
@settings(max_examples=150)
def test_no_secret_is_kept_in_whatever_surroundings(place, encodings, value, before, after):
    # An account is known by its looks only: inside of base64 nobody can tell it from other digits.
    encodings = [name for name in encodings if value != ACCOUNT or name in ("as it is", "JSON", "percent-encoded")]
    it = before + value + after
    for encoding in encodings:
        it = ENCODINGS[encoding](it)

    assert [] == leaks(archived(PLACES[place](it)))


def test_signatures_and_key_ids_are_kept_nowhere_but_the_names_of_their_headers_are():
    request = signed()
    signature = request.header("authorization").rpartition("=")[2]
    echo = Reply(400, (("x-debug", signature),), json.dumps({"Message": f"not {signature}", "x": signature}).encode())
    text = archived(Exchange(request, echo))
    headers = json.loads(text)["log"]["entries"][0]["request"]["headers"]

    assert [] == leaks(text, [*VALUES, signature])
    assert [name for name, _ in request.headers] == [header["name"] for header in headers]
    [authorization] = [header["value"] for header in headers if header["name"] == "authorization"]
    assert authorization.startswith("ACS3-HMAC-SHA256 Credential=[redacted],SignedHeaders=")


def test_an_account_is_replaced_alike_in_all_of_a_recording():
    body = json.dumps({"UserId": int(ACCOUNT), "Value": f'{{"rolearn": "acs:ram::{ACCOUNT}:role/x"}}'}).encode()
    [first, second] = json.loads(archived(*[Exchange(REQUEST, Reply(200, (), body))] * 2))["log"]["entries"]
    reply = json.loads(first["response"]["content"]["text"])

    assert first["response"] == second["response"]
    assert isinstance(reply["UserId"], int)
    assert f"acs:ram::{reply['UserId']}:role/x" in reply["Value"]


def test_what_holds_no_secret_is_kept_to_the_letter():
    body = '{"PipelineRuns": ["flow-\\u00e4", "ä"],\r\n "x": 1.50}'.encode()
    exchange = Exchange(Request("PUT", "/x?a=%41&b=", (("Host", "h"), ("host", "i")), body), REPLY, place="a/b")
    [entry] = json.loads(archived(exchange))["log"]["entries"]

    assert body.decode() == entry["request"]["postData"]["text"]
    assert f"{ENDPOINT}/x?a=%41&b=" == entry["request"]["url"]
    assert [{"name": "a", "value": "A"}, {"name": "b", "value": ""}] == entry["request"]["queryString"]
    assert [{"name": "Host", "value": "h"}, {"name": "host", "value": "i"}] == entry["request"]["headers"]
    assert (200, REPLY.body.decode()) == (entry["response"]["status"], entry["response"]["content"]["text"])
    assert "a/b" == entry["comment"]


def test_a_call_without_a_reply_is_kept_with_the_reason():
    [entry] = json.loads(archived(Exchange(REQUEST, None, "the connection was closed")))["log"]["entries"]

    assert (0, "the connection was closed") == (entry["response"]["status"], entry["response"]["comment"])


def test_the_last_look_refuses_what_the_first_one_missed(tmp_path, monkeypatch):
    """Whatever goes wrong before, a file with a credential in it is not written."""
    monkeypatch.setattr(recording._Entries, "_text", lambda self, text: text)
    exchange = Exchange(REQUEST, Reply(200, (), VALUES[2].encode()))
    session = SimpleSession([exchange])

    refused = pytest.raises(recording.RecordingError, match="not recorded: a key id, secret, token or signature")
    with refused as caught, recording.recorded(tmp_path, [session], {}):
        pass
    assert VALUES[2] not in str(caught.value)
    assert [] == list(tmp_path.iterdir())


class SimpleSession:
    """As much of a session as a recording needs."""

    endpoint, accounts = ENDPOINT, (CREDENTIALS,)

    def __init__(self, journal):
        self.journal = journal


def test_credentials_of_the_environment_are_kept_out_whether_used_or_not(tmp_path):
    environ = variables(Credentials("AnotherKeyId", "AnotherSecret99", "AnotherToken77"))
    exchange = Exchange(REQUEST, Reply(200, (), b"AnotherKeyId AnotherSecret99 AnotherToken77"))
    with recording.recorded(tmp_path, [SimpleSession([exchange])], environ):
        pass

    [entry] = entries(tmp_path)
    assert "[redacted] [redacted] [redacted]" == entry["response"]["content"]["text"]


def test_credentials_too_short_to_be_told_from_words_are_refused_before_anything_is_sent(tmp_path):
    with pytest.raises(PaiFlowError, match="fewer than 4 characters"):
        judged(Options(endpoint="http://127.0.0.1:9", record=tmp_path), **variables(Credentials("abc", "defghij")))
    assert [] == list(tmp_path.iterdir())


def test_a_run_is_recorded_whole_in_a_file_of_its_own(tmp_path):
    folder = tmp_path / "not" / "there"
    finished = judged(Options(examples=FEW, only="lookups/runs", operation="ListPipelineRunsStatus", record=folder))
    [path] = folder.iterdir()
    text = path.read_text(encoding="utf-8")
    recorded = json.loads(text)["log"]

    assert finished.status == 0
    assert f"recorded {len(recorded['entries'])} exchanges in {path}" in finished.text
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert ("1.2", "paiflow scripts/contract --record") == (recorded["version"], recorded["creator"]["name"])
    assert {"start/a right request"} < {entry["comment"] for entry in recorded["entries"]}
    assert {200} <= {entry["response"]["status"] for entry in recorded["entries"]}
    secrets = [value for one in (LASTING, TEMPORARY) for value in (one.access_key_id, one.access_key_secret)]
    assert [] == leaks(text, [*secrets, TEMPORARY.security_token, "1557702098194904"])


def test_what_a_second_mock_is_asked_for_is_recorded_too(tmp_path):
    judged(Options(examples=FEW, only="by hand", record=tmp_path))

    assert {"start", "by hand"} == {entry["comment"].partition("/")[0] for entry in entries(tmp_path)}


def test_recordings_of_the_same_second_have_different_names(tmp_path, monkeypatch):
    class Frozen(recording.datetime):
        @classmethod
        def now(cls, zone):
            return cls(2026, 11, 23, 12, 0, 5, tzinfo=zone)

    monkeypatch.setattr(recording, "datetime", Frozen)
    paths = [recording.save("{}", tmp_path, KnownSecrets([])) for _ in range(3)]

    assert [f"contract-20261123T120005Z-{number}.har" for number in (1, 2, 3)] == [path.name for path in paths]


def test_a_run_that_fails_is_recorded(tmp_path):
    wrong = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "AnotherSecretThanTheService"}
    finished = judged_behind(None, Options(examples=FEW, record=tmp_path), credentials=CREDENTIALS, **wrong)

    assert 1 == finished.status
    assert [400] == [entry["response"]["status"] for entry in entries(tmp_path)]


def test_an_interrupted_run_is_recorded_as_far_as_it_came(tmp_path, monkeypatch):
    """Also in the middle of what schemathesis does, which tells of its calls only later."""
    calls = iter(range(10))
    right = generated.Signature.__call__

    def interrupted(self, prepared):
        if next(calls) == 4:
            raise KeyboardInterrupt
        return right(self, prepared)

    monkeypatch.setattr(generated.Signature, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        judged(Options(examples=FEW, only="generated", record=tmp_path))

    assert 4 == len([entry for entry in entries(tmp_path) if entry["comment"].startswith("generated")])


def test_a_termination_is_no_reason_to_lose_what_was_exchanged(tmp_path, monkeypatch):
    def terminated(session):
        os.kill(os.getpid(), signal.SIGTERM)

    def unheard(number, frame):
        raise AssertionError("nobody heard the signal")

    before = signal.signal(signal.SIGTERM, unheard)
    monkeypatch.setattr(command, "_all", lambda target, options: terminated(target))

    assert 2 == command.main(["--record", str(tmp_path)])
    assert ["start/a right request"] == [entry["comment"] for entry in entries(tmp_path)]
    assert unheard == signal.signal(signal.SIGTERM, before)


def test_where_nothing_was_exchanged_nothing_is_written(tmp_path, capsys):
    with recording.recorded(tmp_path / "new", [SimpleSession([])], {}):
        pass

    assert "nothing was exchanged" in capsys.readouterr().out
    assert [] == list((tmp_path / "new").iterdir())


def run(*arguments):
    """Run scripts/contract and return the finished process."""
    path = os.pathsep.join([str(generation.ROOT / "scripts"), *sys.path])
    command_line = [sys.executable, "-m", "paiflow.contract", *map(str, arguments)]
    environ = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command_line, env=environ, capture_output=True, text=True, check=False)


def test_a_folder_that_will_not_do_is_one_line_and_nothing_is_sent(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    finished = run("--record", file)

    assert 2 == finished.returncode
    assert f"scripts/contract: --record {file}: not a folder that can be written to: File exists\n" == finished.stderr
    assert "conforms" not in finished.stdout
    assert "mine" == file.read_text(encoding="utf-8")


def test_a_recording_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording.os, "link", full)
    with pytest.raises(recording.RecordingError, match="cannot write the recording: No space left on device"):
        recording.save("{}", tmp_path, KnownSecrets([]))
    assert [] == list(tmp_path.iterdir())


def test_an_endpoint_of_ones_own_is_recorded_without_its_credentials(tmp_path):
    credentials = Credentials("LTAI5tOfMyOwn00", "SecretOfMyOwn+/=x")
    service = MockService([credentials])
    with serve(service) as endpoint:
        judged(
            Options(
                endpoint=endpoint,
                examples=FEW,
                only="lookups/runs",
                operation="ListPipelineRunsStatus",
                record=tmp_path,
            ),
            **variables(credentials),
        )
    [path] = tmp_path.iterdir()

    assert [] == leaks(path.read_text(encoding="utf-8"), [credentials.access_key_id, credentials.access_key_secret])
    assert all(entry["request"]["url"].startswith(endpoint) for entry in entries(tmp_path))
