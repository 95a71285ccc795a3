"""Credentials, and where they come from.

Pure: the environment is an argument, read when called, never at import.
No message, repr or traceback of this module holds a value: a fault is named by its field.
"""

from collections.abc import Callable, Mapping

import attrs

from paiflow.errors import CredentialsError

__all__ = ["Credentials", "from_environment", "resolve"]

KEY_ID = "ALIBABA_CLOUD_ACCESS_KEY_ID"
KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN"


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


def from_environment(environ: Mapping[str, str]) -> Credentials:
    """Return the credentials in the vendor's environment variables; an empty one counts as unset.

    Raises:
        CredentialsError: the pair, or half of it, is missing, or a value cannot be used.
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
            raise CredentialsError(
                f"no credentials: none were given to the client, and {KEY_ID} and {KEY_SECRET} are not set in the environment"
            )


def resolve(source: Credentials | Callable[[], Credentials] | None, environ: Mapping[str, str]) -> Credentials:
    """Return the credentials to sign with now: those given, else those of the environment.

    Called for each attempt, so that a callable can hand out fresh ones in the middle of a wait.

    Args:
        source: credentials, or a callable that gives some, or None for the environment.
        environ: usually os.environ.

    Raises:
        CredentialsError: there are none, or the callable failed or gave something else.
    """
    if source is None:
        return from_environment(environ)
    if isinstance(source, Credentials):
        return source
    if not callable(source):
        raise CredentialsError(
            f"credentials must be a paiflow.Credentials or a callable that gives one, not {_kind(source)}"
        )
    try:
        given = source()
    except CredentialsError:
        raise
    except Exception as error:  # noqa: BLE001 - it is the user's code: anything can come
        failure = _kind(error)
    else:
        if isinstance(given, Credentials):
            return given
        raise CredentialsError(f"the credentials callable gave {_kind(given)}, not a paiflow.Credentials")
    # Raised out here so that the failure, whose text may quote a secret, is not even the context.
    raise CredentialsError(f"the credentials callable failed with {failure}")


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


def _kind(value: object) -> str:
    return type(value).__name__
