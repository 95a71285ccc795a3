"""Record exchanges as an HTTP archive (HAR 1.2), without secrets and account ids, written whole or not at all.

First the values of the credentials go, as they are or encoded; then what `paiflow._redaction` knows by name or looks; then
each value in which one of the credentials can still be read. What would be written is searched once more, and not written if
anything is found.

The archive is written by harfile, which is what schemathesis writes its own with. Its report itself will not do: it knows of
the requests that schemathesis makes only, and sanitizes headers by name, but no bodies.

Source: HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/). Like browsers', an entry without a reply has the
status 0, and says why in a comment.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

import harfile

import paiflow
from paiflow import PaiFlowError
from paiflow._redaction import Redaction
from paiflow._secrets import REDACTED
from paiflow.contract.checks import Exchange
from paiflow.contract.http import Headers, Reply
from paiflow.contract.known_secrets import SHORTEST, KnownSecrets
from paiflow.contract.session import Session
from paiflow.credentials import KEY_ID, KEY_SECRET, TOKEN, Credentials

CREATOR = harfile.Creator("paiflow scripts/contract --record", paiflow.__version__)
_SIGNATURE = re.compile(r"(?i)\bSignature=([0-9a-f]{16,})")


class RecordingError(PaiFlowError):
    """Nothing is recorded; the message says why, in one line."""

    exit_code = 2


@contextlib.contextmanager
def recorded(folder: Path, sessions: list[Session], environ: Mapping[str, str]) -> Iterator[None]:
    """Write what the sessions have exchanged to a new file in a folder, once this ends, however it ends.

    Args:
        folder: made if it is missing.
        sessions: all that are used meanwhile.
        environ: whose credentials are kept out too, whether used or not.

    Raises:
        RecordingError: the folder will not do, the file cannot be written, or a secret would be in it.
    """
    accounts = [account for session in sessions for account in session.accounts]
    KnownSecrets(_values(accounts, {}))  # before anything is sent: they are long enough to be kept out
    make(folder)
    with _termination_interrupts():
        try:
            yield
        finally:
            exchanges = [(session.endpoint, exchange) for session in sessions for exchange in session.journal]
            if exchanges:
                secrets = KnownSecrets(_values(accounts, environ), _signatures(exchanges))
                path = save(archive(exchanges, secrets), folder, secrets)
                print(f"recorded {len(exchanges)} exchanges in {path}", flush=True)
            else:
                print("recorded nothing: nothing was exchanged", flush=True)


def make(folder: Path) -> None:
    """Make a folder that is missing.

    Raises:
        RecordingError: it cannot be made, or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise RecordingError(f"--record {folder}: not a folder that can be written to: {error.strerror}") from None


def archive(exchanges: Iterable[tuple[str, Exchange]], secrets: KnownSecrets) -> str:
    """Return an archive of exchanges, each with the endpoint that it went to, as text."""
    entries = _Entries(secrets, Redaction())
    text = io.StringIO()
    with harfile.HarFile(text, creator=CREATOR) as har:
        for endpoint, exchange in exchanges:
            har.add_entry(**entries.entry(endpoint, exchange))
    return text.getvalue() + "\n"


def save(text: str, folder: Path, secrets: KnownSecrets) -> Path:
    """Write an archive to a new file, readable by its owner only, and return its path.

    Raises:
        RecordingError: a secret is in it, or it cannot be written.
    """
    if any(map(secrets.are_in, _strings(json.loads(text)))):
        raise RecordingError("not recorded: a key id, secret, token or signature would have been in the recording")
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".recording-", dir=folder)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - it is open already
                file.write(text)
            return _name(Path(temporary), folder)
        finally:
            Path(temporary).unlink()
    except OSError as error:
        raise RecordingError(f"--record {folder}: cannot write the recording: {error.strerror}") from None


def _strings(value: Any) -> set[str]:
    """Return all texts in JSON data, names among them."""
    if isinstance(value, dict):
        return {*value, *(text for item in value.values() for text in _strings(item))}
    if isinstance(value, list):
        return {text for item in value for text in _strings(item)}
    return {str(value)}


def _name(temporary: Path, folder: Path) -> Path:
    """Give a file a second name that nothing has yet: its time, and a number."""
    stem = f"contract-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    number = 1
    while True:
        path = folder / f"{stem}-{number}.har"
        try:
            os.link(temporary, path)
        except FileExistsError:
            number += 1
        else:
            return path


@dataclass(frozen=True)
class _Entries:
    """Makes entries: what must not be kept goes here."""

    secrets: KnownSecrets
    redaction: Redaction

    def entry(self, endpoint: str, exchange: Exchange) -> dict[str, Any]:
        """Return an entry, as harfile takes it."""
        request, reply = exchange.request, exchange.reply
        seconds = reply.seconds if reply else 0.0
        text, comment = self._body(request.body)
        sent_type = self._text(request.header("content-type") or "")
        url, query = self._url(endpoint, request.target)
        return {
            "startedDateTime": datetime.fromtimestamp(exchange.at - seconds, UTC),
            "time": round(seconds * 1000, 3),
            "request": harfile.Request(
                method=self._text(request.method),
                url=url,
                httpVersion="HTTP/1.1",
                headers=self._headers(request.headers),
                queryString=query,
                bodySize=len(request.body),
                postData=harfile.PostData(mimeType=sent_type, text=text, comment=comment) if request.body else None,
            ),
            "response": self._response(reply, exchange.fault),
            "timings": harfile.Timings(send=0, wait=round(seconds * 1000, 3), receive=0),
            "comment": self._text(exchange.place),
        }

    def _response(self, reply: Reply | None, fault: str) -> harfile.Response:
        if reply is None:
            return harfile.Response(
                status=0, statusText="", httpVersion="", content=harfile.Content(size=0), comment=self._text(fault)
            )
        text, comment = self._body(reply.body)
        return harfile.Response(
            status=reply.status,
            statusText=HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else "",
            httpVersion="HTTP/1.1",
            headers=self._headers(reply.headers),
            redirectURL=self._text(reply.header("location") or ""),
            bodySize=len(reply.body),
            content=harfile.Content(
                size=len(reply.body),
                mimeType=self._text(reply.header("content-type") or ""),
                text=text,
                comment=comment,
            ),
        )

    def _headers(self, headers: Headers) -> list[harfile.Record]:
        masked = [(self._text(name), self.secrets.masked(value)) for name, value in headers]
        return [harfile.Record(name, self._checked(value)) for name, value in self.redaction.headers(masked)]

    def _url(self, endpoint: str, target: str) -> tuple[str, list[harfile.Record]]:
        """Return the URL and its query; the query is written anew only where something in it had to go."""
        parts = urlsplit(endpoint + target)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        kept = [(self._text(name), self._checked(self._named(name, value))) for name, value in pairs]
        query = parts.query if kept == pairs else urlencode(kept)
        path, host = self._text(parts.path), self._text(parts.netloc)
        url = f"{parts.scheme}://{host}{path}{f'?{query}' if query else ''}"
        return self._checked(url), [harfile.Record(name, value) for name, value in kept]

    def _named(self, name: str, value: str) -> str:
        redacted: dict[str, str] = self.redaction.json({"name": name, "value": self.secrets.masked(value)})
        return redacted["value"]

    def _body(self, content: bytes) -> tuple[str, str | None]:
        """Return a body as text, and a comment where it is not kept."""
        try:
            return self._text(content.decode("utf-8")), None
        except UnicodeDecodeError:
            return "", f"{len(content)} bytes that are not UTF-8 are left out"

    def _text(self, text: str) -> str:
        return self._checked(self.redaction.text(self.secrets.masked(text)))

    def _checked(self, text: str) -> str:
        return REDACTED if self.secrets.are_in(text) else text


def _values(accounts: Iterable[Credentials], environ: Mapping[str, str]) -> list[str]:
    """Return the secrets of the accounts, and those of the environment that are too long to be mere words."""
    used = [
        value
        for account in accounts
        for value in (account.access_key_id, account.access_key_secret, account.security_token)
        if value
    ]
    present = [environ.get(name, "").strip() for name in (KEY_ID, KEY_SECRET, TOKEN)]
    return [*used, *[value for value in present if len(value) >= SHORTEST]]


def _signatures(exchanges: Iterable[tuple[str, Exchange]]) -> set[str]:
    return {
        signature
        for _, exchange in exchanges
        for signature in _SIGNATURE.findall(exchange.request.header("authorization") or "")
    }


@contextlib.contextmanager
def _termination_interrupts() -> Iterator[None]:
    """A SIGTERM ends the run as Ctrl-C does, so that what was exchanged is written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - what a handler of signals is given
    raise KeyboardInterrupt
