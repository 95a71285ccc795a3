"""Credentials: what they accept, what they hide, and where they come from."""

import traceback
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from paiflow.credentials import Credentials, from_environment, resolve
from paiflow.errors import CredentialsError

KEY_ID = "LTAI5tExampleKeyId012345"
SECRET = "ExampleAccessKeySecret0123456"
TOKEN = "Example+Sts/Security=Token=="

PAIR = {"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}
FIELDS = ["access_key_id", "access_key_secret", "security_token"]


def refusal(function: Callable[..., Credentials], *arguments: object, **named: object) -> str:
    """Return the words of the CredentialsError, having seen that no traceback shows a value."""
    with pytest.raises(CredentialsError) as caught:
        function(*arguments, **named)
    shown = "".join(traceback.format_exception(caught.value, chain=True))
    assert not any(value in shown for value in (KEY_ID, SECRET, TOKEN, "hunter2"))
    return str(caught.value)


# What they are


def test_credentials_hold_a_pair_and_perhaps_a_token() -> None:
    assert (KEY_ID, SECRET, None) == attrs.astuple(Credentials(KEY_ID, SECRET))
    assert (KEY_ID, SECRET, TOKEN) == attrs.astuple(Credentials(KEY_ID, SECRET, TOKEN))
    assert Credentials(KEY_ID, SECRET) != Credentials(KEY_ID, SECRET, TOKEN)


def test_credentials_do_not_change() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Credentials(KEY_ID, SECRET).access_key_secret = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("expected", "credentials"),
    [
        (
            "Credentials(access_key_id='LTAI…', access_key_secret='…', security_token=None)",
            Credentials(KEY_ID, SECRET),
        ),
        (
            "Credentials(access_key_id='LTAI…', access_key_secret='…', security_token='…')",
            Credentials(KEY_ID, SECRET, TOKEN),
        ),
        ("Credentials(access_key_id='…', access_key_secret='…', security_token=None)", Credentials("short", SECRET)),
    ],
)
def test_a_repr_shows_little_of_the_key_id_and_no_secret(expected: str, credentials: Credentials) -> None:
    assert expected == repr(credentials)
    assert expected == str(credentials)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("fault", "value"),
    [
        ("is empty", ""),
        ("starts or ends with white space (a newline from a file?)", "hunter2\n"),
        ("starts or ends with white space (a newline from a file?)", " hunter2"),
        ("starts or ends with white space (a newline from a file?)", "\u3000hunter2"),
        ("holds a character that is not ASCII", "hunter2é"),
        ("holds a character that is not ASCII", "hunter2\u200b"),
        ("holds a character that is not ASCII", "\ufeffhunter2"),
        ("holds a control character", "hunter2\r\nx-acs-action: Other"),
        ("holds a control character", "hunter2\x00"),
        ("holds a control character", "hunter2\x7f"),
        ("is bytes, not text", b"hunter2"),
    ],
)
def test_a_value_that_no_header_can_carry_is_named_by_its_field(field: str, fault: str, value: object) -> None:
    values = {"access_key_id": KEY_ID, "access_key_secret": SECRET, "security_token": TOKEN} | {field: value}

    assert f"{field} {fault}" == refusal(Credentials, **values)


# From the environment


def test_the_environment_gives_a_pair_and_perhaps_a_token() -> None:
    assert Credentials(KEY_ID, SECRET) == from_environment(PAIR)
    assert Credentials(KEY_ID, SECRET) == from_environment(PAIR | {"ALIBABA_CLOUD_SECURITY_TOKEN": ""})
    assert Credentials(KEY_ID, SECRET, TOKEN) == from_environment(PAIR | {"ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN})


@pytest.mark.parametrize(
    ("present", "missing"),
    [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    ],
)
@pytest.mark.parametrize("unset", [{}, None], ids=["absent", "empty"])
def test_a_partial_pair_of_credentials_names_the_missing_half(
    present: str, missing: str, unset: dict[str, str] | None
) -> None:
    environ = {present: PAIR[present]} | ({missing: ""} if unset is None else unset)

    expected = f"half a pair of credentials in the environment: {present} is set, {missing} is not"
    assert expected == refusal(from_environment, environ)


@pytest.mark.parametrize(
    "environ", [{}, dict.fromkeys(PAIR, ""), {"ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN}], ids=["none", "empty", "token"]
)
def test_no_credentials_says_what_is_missing_and_where_we_looked(environ: dict[str, str]) -> None:
    expected = (
        "no credentials: none were given to the client, and ALIBABA_CLOUD_ACCESS_KEY_ID "
        "and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set in the environment"
    )
    assert expected == refusal(from_environment, environ)


@pytest.mark.parametrize("name", [*PAIR, "ALIBABA_CLOUD_SECURITY_TOKEN"])
def test_a_bad_value_in_the_environment_is_named_by_its_variable(name: str) -> None:
    expected = f"{name} starts or ends with white space (a newline from a file?)"
    assert expected == refusal(from_environment, PAIR | {name: "hunter2\n"})


# Resolving


def test_what_is_given_comes_before_the_environment() -> None:
    given = Credentials("given", "given")

    assert given is resolve(given, PAIR)
    assert given is resolve(lambda: given, PAIR)
    assert Credentials(KEY_ID, SECRET) == resolve(None, PAIR)


def test_the_environment_is_read_at_each_call() -> None:
    environ = dict(PAIR)
    first = resolve(None, environ)
    environ["ALIBABA_CLOUD_SECURITY_TOKEN"] = TOKEN

    assert Credentials(KEY_ID, SECRET) == first
    assert Credentials(KEY_ID, SECRET, TOKEN) == resolve(None, environ)


def test_a_callable_is_called_each_time() -> None:
    given = [Credentials("first", "a"), Credentials("second", "b")]
    left = iter(given)

    assert given == [resolve(lambda: next(left), {}) for _ in given]


def test_a_failure_of_the_callable_is_told_by_its_kind_alone() -> None:
    def fail() -> Credentials:
        raise LookupError(f"could not use {SECRET}")

    with pytest.raises(CredentialsError) as caught:
        resolve(fail, {})

    assert "the credentials callable failed with LookupError" == str(caught.value)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


def test_a_callable_that_refuses_in_our_words_is_left_to_speak() -> None:
    assert "access_key_secret is empty" == refusal(resolve, lambda: Credentials("id", ""), {})


@pytest.mark.parametrize("given", [None, ("id", SECRET), {"secret": SECRET}, SECRET], ids=lambda g: type(g).__name__)
def test_a_callable_that_gives_something_else_is_told_what_it_gave(given: object) -> None:
    expected = f"the credentials callable gave {type(given).__name__}, not a paiflow.Credentials"
    assert expected == refusal(resolve, lambda: given, {})


@pytest.mark.parametrize("source", [(KEY_ID, SECRET), SECRET, 7], ids=lambda source: type(source).__name__)
def test_what_is_neither_credentials_nor_callable_is_refused(source: Any) -> None:
    expected = f"credentials must be a paiflow.Credentials or a callable that gives one, not {type(source).__name__}"
    assert expected == refusal(resolve, source, PAIR)


def test_an_interrupt_in_the_callable_passes() -> None:
    def interrupted() -> Credentials:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resolve(interrupted, PAIR)
