"""Credentials and their sources.

The environment is an argument, read when called, never at import; the vendor's package is loaded when nothing else is left.
No message, repr or traceback of this module holds a value: a fault is named by its field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from logging import LogRecord, getLogger
from typing import Any, Final, Protocol, runtime_checkable

from paiflow import _chain
from paiflow._forks import Lock
from paiflow._hidden import Environment, Hidden, Secret
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
    """The part of alibabacloud_credentials.client.Client that is used: a model of the credentials in force."""

    def get_credential(self) -> Any:
        """Return an object with access_key_id, access_key_secret and security_token."""


@dataclass(frozen=True, repr=False, init=False)
class Credentials:
    """An access key, with a security token if it is a temporary one.

    Nothing that prints one shows its values: repr, pprint, rich, vars, dataclasses.asdict, json, a traceback with locals.
    To read a value, ask for it by name: `str(credentials.access_key_secret)` is the plain text. Pickle and copy keep
    the values, so a pickle is a secret itself.

    Raises:
        CredentialsError: a value is no text, is empty, starts or ends with white space, or
            holds a character that no header can carry. Names the field, never the value.
    """

    __match_args__ = ("access_key_id", "access_key_secret", "security_token")

    _access_key_id: Hidden[str]
    _access_key_secret: Hidden[str]
    _security_token: Hidden[str | None]

    def __init__(self, access_key_id: str, access_key_secret: str, security_token: str | None = None) -> None:
        vars(self).update(
            _access_key_id=Hidden(access_key_id),
            _access_key_secret=Hidden(access_key_secret),
            _security_token=Hidden(security_token),
        )
        del access_key_id, access_key_secret, security_token  # a traceback may show the locals
        _check("access_key_id", self._access_key_id)
        _check("access_key_secret", self._access_key_secret)
        if self._security_token.reveal() is not None:
            _check("security_token", self._security_token)

    @property
    def access_key_id(self) -> str:
        """The name of the key. Shows masked in a repr, as the others do."""
        return Secret(self._access_key_id.reveal())

    @property
    def access_key_secret(self) -> str:
        """The key to sign with."""
        return Secret(self._access_key_secret.reveal())

    @property
    def security_token(self) -> str | None:
        """The token of a temporary key, None of a lasting one."""
        token = self._security_token.reveal()
        return None if token is None else Secret(token)

    def __repr__(self) -> str:
        return f"Credentials({', '.join([f'{name}={value!r}' for name, value in self.__rich_repr__()])})"

    def __rich_repr__(self) -> Iterator[tuple[str, str | None]]:
        # Four characters tell a long-lived key (LTAI) from a temporary one (STS.) and no more;
        # of a short id they would be most of it.
        key_id = str(self._access_key_id.reveal())
        yield "access_key_id", f"{key_id[:4]}…" if len(key_id) >= 16 else "…"
        yield "access_key_secret", "…"
        yield "security_token", None if self._security_token.reveal() is None else "…"


def _hidden(value: Any) -> Hidden[Any]:
    """Return the value, hidden if it is not yet."""
    return value if isinstance(value, Hidden) else Hidden(value)


def in_environment(environ: Mapping[str, str]) -> Credentials | None:
    """Return the credentials in the vendor's environment variables, None if there are none; empty counts as unset.

    Raises:
        CredentialsError: half of the pair is missing, or a value cannot be used.
    """
    environ = Environment(environ)  # a traceback may show the locals
    found = {name: Hidden(environ[name]) for name in (KEY_ID, KEY_SECRET, TOKEN) if environ.get(name)}
    for name, value in found.items():
        _check(name, value)
    match [name for name in (KEY_ID, KEY_SECRET) if name not in found]:
        case []:
            token = found.get(TOKEN, Hidden(None))
            return Credentials(found[KEY_ID].reveal(), found[KEY_SECRET].reveal(), token.reveal())
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
    environ = Environment(environ)
    found = in_environment(environ)
    if found is None:
        raise CredentialsError(f"no credentials: {_UNSET}")
    return found


class CredentialsSource:
    """Where a client gets its credentials, asked at each attempt so that fresh ones are taken up.

    Given ones; else those of the environment; else the vendor's own chain (profiles, RAM roles, OIDC, ECS), if the
    package for it is installed.

    Args:
        given: credentials, a callable that gives some, a client of the package alibabacloud-credentials, or None; hidden
            or not.
        environ: usually os.environ.

    Raises:
        CredentialsError: what is given can give none.
    """

    def __init__(
        self,
        given: Credentials | Callable[[], Credentials] | VendorClient | Hidden[Any] | None,
        environ: Mapping[str, str],
    ) -> None:
        # Hidden, as a callable may be a partial of a secret, and the environment holds them all.
        self._given = _hidden(given)
        self._environ = Environment(environ)
        del given, environ
        if not _can_give(self._given.reveal()):
            raise CredentialsError(
                "credentials must be a paiflow.Credentials, a callable that gives one, or a client of "
                f"alibabacloud-credentials, not {_kind(self._given.reveal())}"
            )

    @property
    def blocks(self) -> bool:
        """Whether asking may take long: a callable may ask the network, and the vendor's chain does."""
        return self.refreshes

    @property
    def refreshes(self) -> bool:
        """Whether asking again may give other credentials, without anybody's doing."""
        given = self._given
        if given.reveal() is None:
            return in_environment(self._environ) is None
        return not isinstance(given.reveal(), Credentials)

    def get(self) -> Credentials:
        """Return the credentials to sign with now.

        Raises:
            CredentialsError: there are none, or what gives them failed or gave something else.
        """
        match self._given.reveal():
            case None:
                return in_environment(self._environ) or _of_default_chain()
            case Credentials() as credentials:
                return credentials
            case VendorClient():
                return _of_vendor_client(self._given, "the client of alibabacloud-credentials gave none")
        return _of_callable(self._given)


def _can_give(given: object) -> bool:
    return given is None or isinstance(given, Credentials | VendorClient) or callable(given)


def _of_callable(source: Hidden[Any]) -> Credentials:
    try:
        given = source.reveal()()
        if isinstance(given, Credentials):
            return given
        failure = f"gave {_kind(given)}, not a paiflow.Credentials"
        del given
    except CredentialsError as error:
        error.__cause__ = error.__context__ = None  # of the user's code: it may lead to the reply that keys came in
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
        failure = "; profiles and roles need pip install 'paiflow-client[credentials]'"
    except Exception as error:  # noqa: BLE001 - of a variable that it cannot use
        failure = f", and alibabacloud-credentials cannot look elsewhere ({_told(error)})"
    else:
        return _of_vendor_client(Hidden(client), f"{_UNSET}, and alibabacloud-credentials found none")
    raise CredentialsError(f"no credentials: {_UNSET}{failure}")


@cache
def _default_client() -> VendorClient:
    """Return the vendor's default chain, made when it is first needed: it starts a thread and adds log handlers."""
    from alibabacloud_credentials.client import (  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415 - slow, and with effects
        Client,
    )

    with _unheard():
        client: VendorClient = Client()
    return client


# Two threads that need the chain at once are to share one.
_making = Lock()


def _of_vendor_client(client: Hidden[Any], failing: str) -> Credentials:
    """Return the credentials that a client of alibabacloud-credentials has now; it refreshes them by itself."""
    try:
        with _unheard():
            return _of_model(client.reveal().get_credential())
    except CredentialsError as error:
        failure = str(error)
    except Exception as error:  # noqa: BLE001 - many kinds, few of them the package's own
        tried, failure = _chain.tried(str(error)), _told(error)
        if tried is not None:
            failing, failure = tried, ""
    # Out here, as above: the package's errors quote the replies that hold keys.
    raise CredentialsError(f"no credentials: {failing} ({failure})" if failure else f"no credentials: {failing}")


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


def _check(name: str, value: Hidden[Any]) -> None:
    """Raise a CredentialsError that names the field if the value cannot go into a header."""
    if fault := _fault(value.reveal()):
        raise CredentialsError(f"{name} {fault}")


def _fault(value: object) -> str | None:
    if not isinstance(value, str):
        return f"is {_kind(value)}, not text"
    faults = {
        "is empty": not value,
        "starts or ends with white space (a newline from a file?)": value != value.strip(),
        "holds a character that is not ASCII": not value.isascii(),
        "holds a control character": not value.isprintable(),
    }
    return next((fault for fault, is_so in faults.items() if is_so), None)


def _told(error: Exception) -> str:
    return f"{_kind(error)}: {clean(str(error), _FAILURE_CHARACTERS)}"


def _kind(value: object) -> str:
    return type(value).__name__
