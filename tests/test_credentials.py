"""Credentials: what they accept, what they hide, and where they come from."""

import asyncio
import dataclasses
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import paiflow
from paiflow import credentials
from paiflow.credentials import Credentials, CredentialsSource, from_environment, in_environment
from paiflow.errors import CredentialsError

KEY_ID = "LTAI5tExampleKeyId012345"
SECRET = "ExampleAccessKeySecret0123456"
TOKEN = "Example+Sts/Security=Token=="

PAIR = {"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}
FIELDS = ["access_key_id", "access_key_secret", "security_token"]


def resolve(given: Any, environ: Mapping[str, str]) -> Credentials:
    """Return what a client that was given this signs its next attempt with."""
    return CredentialsSource(given, environ).get()


class VendorClient:
    """Stands in for alibabacloud_credentials.client.Client: gives models, or fails, as told."""

    def __init__(self, *models: object) -> None:
        self._models = list(models)
        self.asked_in: list[threading.Thread] = []

    def get_credential(self) -> Any:
        self.asked_in.append(threading.current_thread())
        model = self._models.pop(0) if len(self._models) > 1 else self._models[0]
        if isinstance(model, BaseException):
            raise model
        return model


def model(key_id: object = KEY_ID, secret: object = SECRET, token: object = None) -> SimpleNamespace:
    """Return what the vendor's client gives."""
    return SimpleNamespace(access_key_id=key_id, access_key_secret=secret, security_token=token)


def refusal(function: Callable[..., Credentials], *arguments: object, **named: object) -> str:
    """Return the words of the CredentialsError, having seen that no traceback shows a value."""
    with pytest.raises(CredentialsError) as caught:
        function(*arguments, **named)
    shown = "".join(traceback.format_exception(caught.value, chain=True))
    assert not any(value in shown for value in (KEY_ID, SECRET, TOKEN, "hunter2"))
    return str(caught.value)


# What they are


def test_credentials_hold_a_pair_and_perhaps_a_token() -> None:
    assert (KEY_ID, SECRET, None) == dataclasses.astuple(Credentials(KEY_ID, SECRET))
    assert (KEY_ID, SECRET, TOKEN) == dataclasses.astuple(Credentials(KEY_ID, SECRET, TOKEN))
    assert Credentials(KEY_ID, SECRET) != Credentials(KEY_ID, SECRET, TOKEN)


def test_credentials_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
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


def test_an_environment_without_the_pair_has_none() -> None:
    assert in_environment({}) is None
    assert in_environment(dict.fromkeys(PAIR, "") | {"ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN}) is None
    assert Credentials(KEY_ID, SECRET) == in_environment(PAIR)


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
    expected = (
        "credentials must be a paiflow.Credentials, a callable that gives one, or a client of alibabacloud-credentials, "
        f"not {type(source).__name__}"
    )
    assert expected == refusal(resolve, source, PAIR)


def test_an_interrupt_in_the_callable_passes() -> None:
    def interrupted() -> Credentials:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resolve(interrupted, PAIR)


# The vendor's package


def test_a_client_of_the_vendors_is_asked_each_time_so_that_fresh_ones_are_taken_up() -> None:
    client = VendorClient(model(token="first"), model(token="second"), model(token=""))

    assert ["first", "second", None] == [resolve(client, PAIR).security_token for _ in range(3)]


@pytest.mark.parametrize(
    ("expected", "gives"),
    [
        ("LookupError: the role is gone", LookupError("the role is gone")),
        ("LookupError: AccessKeySecret: [redacted]", LookupError(f"AccessKeySecret: {SECRET}")),
        (
            'LookupError: result: {"AccessKeyId": "[redacted]", "SecurityToken": "[redacted]"}',
            LookupError(f'result: {{"AccessKeyId": "{KEY_ID}", "SecurityToken": "{TOKEN}"}}'),
        ),
        ("access_key_id is NoneType, not text", model(None)),
        ("access_key_secret holds a control character", model(secret="a\x00hunter2")),
        ("AttributeError: 'object' object has no attribute 'access_key_id'", object()),
    ],
)
def test_a_failure_of_the_vendors_client_is_told_in_short_and_redacted(expected: str, gives: object) -> None:
    said = refusal(resolve, VendorClient(gives), {})

    assert f"no credentials: the client of alibabacloud-credentials gave none ({expected})" == said


def test_a_failure_of_the_vendors_client_is_cut_and_leaves_no_context() -> None:
    with pytest.raises(CredentialsError) as caught:
        resolve(VendorClient(RuntimeError("x" * 10_000)), {})

    assert len(str(caught.value)) < 500
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


@pytest.fixture
def default_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[VendorClient]]:
    """The vendor's package stands in for itself; the list grows by each default client that is made."""
    made: list[VendorClient] = []

    def make() -> VendorClient:
        made.append(VendorClient(model(token="first"), model(token="second")))
        return made[-1]

    monkeypatch.setitem(sys.modules, "alibabacloud_credentials", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", SimpleNamespace(Client=make))
    credentials._default_client.cache_clear()
    yield made
    credentials._default_client.cache_clear()


def test_the_vendors_chain_is_made_when_there_is_nothing_else_and_but_once(default_client: list[VendorClient]) -> None:
    environ: dict[str, str] = {}
    source = CredentialsSource(None, environ)
    environ |= PAIR

    assert Credentials(KEY_ID, SECRET) == source.get()
    assert [] == default_client

    environ.clear()

    assert ["first", "second"] == [source.get().security_token, resolve(None, {}).security_token]
    assert 1 == len(default_client)


def test_threads_that_need_the_chain_at_once_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[VendorClient] = []
    second = threading.Event()

    def make() -> VendorClient:
        made.append(VendorClient(model()))
        if len(made) > 1:
            second.set()
        second.wait(0.05)
        return made[0]

    monkeypatch.setitem(sys.modules, "alibabacloud_credentials", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", SimpleNamespace(Client=make))
    credentials._default_client.cache_clear()
    threads = [threading.Thread(target=resolve, args=(None, {})) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    credentials._default_client.cache_clear()

    assert 1 == len(made)


def test_half_a_pair_is_refused_before_the_chain_is_asked(default_client: list[VendorClient]) -> None:
    environ = {"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID}

    assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not" in refusal(resolve, None, environ)
    assert [] == default_client


def test_without_the_package_one_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", None)
    credentials._default_client.cache_clear()

    expected = (
        "no credentials: none were given to the client, and ALIBABA_CLOUD_ACCESS_KEY_ID and "
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set in the environment; "
        "profiles and roles need pip install 'paiflow-client[credentials]'"
    )
    assert expected == refusal(resolve, None, {})


def test_a_chain_that_cannot_be_made_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def make() -> VendorClient:
        raise ValueError(f"session duration is wrong; AccessKeySecret={SECRET}")

    monkeypatch.setitem(sys.modules, "alibabacloud_credentials", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", SimpleNamespace(Client=make))
    credentials._default_client.cache_clear()

    expected = "cannot look elsewhere (ValueError: session duration is wrong; AccessKeySecret=[redacted])"
    assert refusal(resolve, None, {}).endswith(f", and alibabacloud-credentials {expected}")


@pytest.mark.parametrize(
    ("blocks", "refreshes", "given", "environ"),
    [
        (False, False, Credentials(KEY_ID, SECRET), {}),
        (True, True, lambda: Credentials(KEY_ID, SECRET), {}),
        (True, True, VendorClient(model()), PAIR),
        (False, False, None, PAIR),
        (True, True, None, {}),
    ],
    ids=["credentials", "callable", "vendor's client", "environment", "vendor's chain"],
)
def test_a_source_knows_whether_asking_takes_long_and_may_bring_fresh_ones(
    blocks: bool, refreshes: bool, given: Any, environ: dict[str, str]
) -> None:
    source = CredentialsSource(given, environ)

    assert (blocks, refreshes) == (source.blocks, source.refreshes)


def reply(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"RequestId": "R"})


def test_the_vendors_client_is_asked_outside_of_the_event_loop() -> None:
    client = VendorClient(model())

    async def call() -> None:
        async with paiflow.AsyncPaiFlow("r", credentials=client, transport=httpx.MockTransport(reply)) as paiflow_:
            await paiflow_.list_pipeline_runs_status(pipeline_runs=["a"])

    asyncio.run(call())

    assert 1 == len(client.asked_in)
    assert threading.main_thread() not in client.asked_in


def test_the_vendors_package_logs_nothing_of_what_is_asked_for_here(caplog: pytest.LogCaptureFixture) -> None:
    loggers = [logging.getLogger(name) for name in ("alibabacloud-tea", "credentials", "urllib3.connectionpool")]
    for logger in loggers:
        caplog.set_level(logging.DEBUG, logger.name)

    class Chatty(VendorClient):
        def get_credential(self) -> Any:
            for logger in loggers:
                logger.debug("x-acs-security-token : %s", TOKEN)
            return super().get_credential()

    chatty = Chatty(model())
    resolve(chatty, {})

    assert [] == caplog.messages

    chatty.get_credential()

    assert [f"x-acs-security-token : {TOKEN}"] * 3 == caplog.messages
