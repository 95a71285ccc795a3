"""Keep keys, tokens and signatures out of an attempt's error, its causes, and the log."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from types import TracebackType
from typing import Self

import httpx

from paiflow._hidden import Hidden
from paiflow._text import parts_of, without, without_parts
from paiflow.credentials import Credentials
from paiflow.errors import PaiFlowError

# Ours, and those of httpx and httpcore, which log the headers of replies.
_LOGGERS = (
    "paiflow",
    "httpx",
    *[f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")],
)
_SIGNATURE = r"Signature=(\S+)"
# User and password of a SOCKS proxy, as httpcore logs them. A short password would pass for a word, and another be escaped.
_SOCKS_LOGIN = re.compile(r"\bauth=\(b.*\)", re.DOTALL)


class Discretion:
    """Within this neither error nor log shows the credentials or the signature of a request, wherever a service put them.

    An error of ours leaves without a context, and without the frames that held the request. A cause stays if its words
    are harmless, but it leads nowhere.

    Args:
        credentials: sign the request.
        request: has its signature once it was sent.
        secrets: of its arguments.
    """

    def __init__(self, credentials: Credentials, request: httpx.Request, secrets: tuple[str, ...] = ()) -> None:
        self._credentials = credentials
        self._secrets = Hidden(secrets)
        self._request = request
        self._before: Discretion | None = None
        self._sent: str | None = None
        self._found: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        self._before = _in_force.get()
        _in_force.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _in_force.set(self._before)
        if isinstance(error, PaiFlowError):
            for name, value in vars(error).items():
                if isinstance(value, str):
                    setattr(error, name, self.redact(value))
            error.args = tuple([self.redact(value) if isinstance(value, str) else value for value in error.args])
            unchain(error, error.__cause__ if self._is_harmless(error.__cause__) else None)
            error.__traceback__ = None

    def redact(self, text: str) -> str:
        """Return the text without credentials and signature, and without parts of them."""
        return without_parts(text, self._parts)

    def content(self, content: bytes) -> bytes:
        """Return the body of a reply without what signed its request, wherever a service has put it."""
        values = [*_values(self._credentials), *self._secrets.reveal(), self._signature]
        return without(content.decode("latin-1"), values).encode("latin-1")

    @property
    def _parts(self) -> frozenset[str]:
        sent = self._request.headers.get("authorization", "")
        if self._sent != sent:
            self._found = parts_of([*_values(self._credentials), *self._secrets.reveal(), self._signature])
            self._sent = sent
        return self._found

    @property
    def _signature(self) -> str | None:
        signed = re.search(_SIGNATURE, self._request.headers.get("authorization", ""))
        return signed and signed[1]

    def _is_harmless(self, cause: BaseException | None) -> bool:
        from paiflow._secrets import without_secrets  # noqa: PLC0415 - its patterns take long to compile

        words = f"{cause} {cause!r}"
        return words == self.redact(without_secrets(words))


def unchain(error: BaseException, cause: BaseException | None) -> None:
    """Take from an error all that leads to a request: its context, and of its cause everything but kind and words."""
    error.__context__ = None
    error.__cause__ = cause
    error.__suppress_context__ = True
    if cause is not None:
        cause.__cause__ = cause.__context__ = cause.__traceback__ = None
        vars(cause).update(dict.fromkeys(vars(cause)))  # httpx's has its request


def _values(credentials: Credentials) -> tuple[str | None, ...]:
    return credentials.security_token, credentials.access_key_secret, credentials.access_key_id


_in_force: ContextVar[Discretion | None] = ContextVar("_in_force", default=None)


def _discreet(record: logging.LogRecord) -> bool:
    """Redact a record that is logged within a Discretion."""
    discretion = _in_force.get()
    if discretion is not None:
        said = record.getMessage()
        shown = discretion.redact(_SOCKS_LOGIN.sub("auth=[redacted]", said))
        if shown != said:
            record.msg, record.args = shown, ()
    return True


for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_discreet)
