"""Credentials, and where they come from.

The environment is an argument, read when called, never at import; the vendor's package is loaded when nothing else is left.
No message, repr or traceback of this module holds a value: a fault is named by its field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from logging import LogRecord, getLogger
from typing import Any, Final, Protocol, runtime_checkable

import attrs

from paiflow._forks import Lock
from paiflow._text import clean
from paiflow.errors import CredentialsError

__all__ = ["Credentials", "CredentialsSource", "from_environment", "in_environment"]

KEY_ID = "ALIBABA_CLOUD_ACCESS_KEY_ID"
KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN"

_UNSET = f"none were given to the client, and {KEY_ID} and {KEY_SECRET} are not set in the environment"
_FAILURE_CHARACTERS = 300


@runtime_checkable
class VendorClient(Protocol):
    """What alibabacloud_credentials.client.Client offers: a model of the credentials in force."""

    def get_credential(self) -> Any:
        """Return an object with access_key_id, access_key_secret and security_token."""


@attrs.frozen(repr=False)
class Credentials:
    """An access key, with a security token if it is a temporary one.

    Raises:
        CredentialsError: a value is no text, is empty, starts or ends with white space, or
            holds a character that no header can carry. Names the field, never the value.
    """

    access_key_id: str
    access_key_secret: str
    security_token: str | None = None

    def __attrs_post_init__(self) -> None:
        _check("access_key_id", self.access_key_id)
        _check("access_key_secret", self.access_key_secret)
        if self.security_token is not None:
            _check("security_token", self.security_token)

    def __repr__(self) -> str:
        # Four characters tell a long-lived key (LTAI) from a temporary one (STS.) and no more;
        # of a short id they would be most of it.
        shown = self.access_key_id[:4] if len(self.access_key_id) >= 16 else ""
        token = "None" if self.security_token is None else "'…'"
        return f"Credentials(access_key_id='{shown}…', access_key_secret='…', security_token={token})"


def in_environment(environ: Mapping[str, str]) -> Credentials | None:
    """Return the credentials in the vendor's environment variables, None if there are none; empty counts as unset.

    Raises:
        CredentialsError: half of the pair is missing, or a value cannot be used.
    """
    found = {name: value for name in (KEY_ID, KEY_SECRET, TOKEN) if (value := environ.get(name))}
    for name, value in found.items():
        _check(name, value)
    match [name for name in (KEY_ID, KEY_SECRET) if name not in found]:
        case []:
            return Credentials(found[KEY_ID], found[KEY_SECRET], found.get(TOKEN))
        case [missing]:
            present = KEY_SECRET if missing == KEY_ID else KEY_ID
            raise CredentialsError(f"half a pair of credentials in the environment: {present} is set, {missing} is not")
        case _:
            return None


def from_environment(environ: Mapping[str, str]) -> Credentials:
    """Return the credentials in the vendor's environment variables.

    Raises:
        CredentialsError: the pair, or half of it, is missing, or a value cannot be used.
    """
    found = in_environment(environ)
    if found is None:
        raise CredentialsError(f"no credentials: {_UNSET}")
    return found


class CredentialsSource:
    """Where a client gets its credentials, asked at each attempt so that fresh ones are taken up.

    Given ones; else those of the environment; else the vendor's own chain (profiles, RAM roles, OIDC, ECS), if the
    package for it is installed.

    Args:
        given: credentials, a callable that gives some, a client of the package alibabacloud-credentials, or None.
        environ: usually os.environ.

    Raises:
        CredentialsError: what is given can give none.
    """

    def __init__(
        self, given: Credentials | Callable[[], Credentials] | VendorClient | None, environ: Mapping[str, str]
    ) -> None:
        self._given = given
        self._environ = environ
        if not (given is None or isinstance(given, Credentials | VendorClient) or callable(given)):
            raise CredentialsError(
                "credentials must be a paiflow.Credentials, a callable that gives one, or a client of "
                f"alibabacloud-credentials, not {_kind(given)}"
            )

    @property
    def blocks(self) -> bool:
        """Whether asking may take long: a callable may ask the network, and the vendor's chain does."""
        return self.refreshes

    @property
    def refreshes(self) -> bool:
        """Whether asking again may give other credentials, without anybody's doing."""
        if self._given is None:
            return in_environment(self._environ) is None
        return not isinstance(self._given, Credentials)

    def get(self) -> Credentials:
        """Return the credentials to sign with now.

        Raises:
            CredentialsError: there are none, or what gives them failed or gave something else.
        """
        match self._given:
            case None:
                return in_environment(self._environ) or _of_default_chain()
            case Credentials():
                return self._given
            case VendorClient():
                return _of_vendor_client(self._given, "the client of alibabacloud-credentials gave none")
        return _of_callable(self._given)


def _of_callable(source: Callable[[], Credentials]) -> Credentials:
    try:
        given = source()
        if isinstance(given, Credentials):
            return given
        failure = f"gave {_kind(given)}, not a paiflow.Credentials"
        del given
    except CredentialsError:
        raise
    except Exception as error:  # noqa: BLE001 - it is the user's code: anything can come
        failure = f"failed with {_kind(error)}"
    # Raised out here so that what may quote a secret is neither the context nor a local, which some tools show.
    raise CredentialsError(f"the credentials callable {failure}")


def _of_default_chain() -> Credentials:
    try:
        with _making:
            client = _default_client()
    except ImportError:
        failure = "; profiles and roles need pip install 'paiflow[credentials]'"
    except Exception as error:  # noqa: BLE001 - of a variable that it cannot use
        failure = f", and alibabacloud-credentials cannot look elsewhere ({_told(error)})"
    else:
        return _of_vendor_client(client, f"{_UNSET}, and alibabacloud-credentials found none")
    raise CredentialsError(f"no credentials: {_UNSET}{failure}")


@cache
def _default_client() -> VendorClient:
    """Return the vendor's default chain, made when it is first needed: it starts a thread and adds log handlers."""
    from alibabacloud_credentials.client import Client  # noqa: PLC0415 - slow, and with effects

    with _unheard():
        client: VendorClient = Client()
    return client


# Two threads that need the chain at once are to share one.
_making = Lock()


def _of_vendor_client(client: VendorClient, failing: str) -> Credentials:
    """Return the credentials that a client of alibabacloud-credentials has now; it refreshes them by itself."""
    try:
        with _unheard():
            return _of_model(client.get_credential())
    except CredentialsError as error:
        failure = str(error)
    except Exception as error:  # noqa: BLE001 - many kinds, few of them the package's own
        failure = _told(error)
    # Out here, as above: the package's errors quote the replies that hold keys.
    raise CredentialsError(f"no credentials: {failing} ({failure})")


def _of_model(model: Any) -> Credentials:
    return Credentials(model.access_key_id, model.access_key_secret, model.security_token or None)


# The loggers of the vendor's package and of what it sends requests with. They have handlers of their own that print to
# stderr: replies with keys when a refresh fails, signed queries, and with DEBUG=sdk every header.
_VENDOR_LOGGERS: Final = ("alibabacloud-tea", "credentials", "urllib3.connectionpool")
_asking: ContextVar[bool] = ContextVar("_asking", default=False)


@contextmanager
def _unheard() -> Iterator[None]:
    """Within this the vendor's package logs nothing; what others do with it is logged as ever."""
    for name in _VENDOR_LOGGERS:
        getLogger(name).addFilter(_is_of_others)
    before = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(before)


def _is_of_others(record: LogRecord) -> bool:
    # The thread is the package's own, in which a client refreshes ahead of time.
    return not (_asking.get() or (record.threadName or "").startswith("non-blocking-refresh"))


def _check(name: str, value: object) -> None:
    """Raise a CredentialsError that names the field if the value cannot go into a header."""
    if not isinstance(value, str):
        fault = f"is {_kind(value)}, not text"
    elif not value:
        fault = "is empty"
    elif value != value.strip():
        fault = "starts or ends with white space (a newline from a file?)"
    elif not value.isascii():
        fault = "holds a character that is not ASCII"
    elif not value.isprintable():
        fault = "holds a control character"
    else:
        return
    raise CredentialsError(f"{name} {fault}")


def _told(error: Exception) -> str:
    return f"{_kind(error)}: {clean(str(error), _FAILURE_CHARACTERS)}"


def _kind(value: object) -> str:
    return type(value).__name__
