"""No way of printing what holds credentials shows them, and no frame of this package holds them as a local."""

import contextlib
import copy
import dataclasses
import functools
import inspect
import io
import json
import logging
import pickle
import pprint
import reprlib
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import attrs
import httpx
import pytest
import rich
import rich.pretty
import rich.traceback
from rich.console import Console

import paiflow
from paiflow._hidden import Environment, Hidden, Secret
from paiflow.credentials import CredentialsSource, in_environment
from paiflow.signing import SignatureAuth

KEY_ID = "STS.NTCanaryKeyId0123456789"
SECRET = "Canary1h9vQxHr7TtKq2ZbWm50"
TOKEN = "CanaryCAISzAJ1q6Ft5B2yfSjIr5fbHcPOj+3/Token==" * 5  # longer than what tools cut
CANARIES = [KEY_ID[4:12], SECRET[:8], SECRET[8:16], TOKEN[6:14]]
CREDENTIALS = paiflow.Credentials(KEY_ID, SECRET, TOKEN)
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
    "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN,
}
OURS = (str(Path(paiflow.__file__).parent), "<attrs generated", "<string>")


def shown(text: str) -> list[str]:
    """Return the canaries in a text, also one that is wrapped or coloured."""
    unbroken = "".join(text.split())
    return [canary for canary in CANARIES if canary in unbroken]


def make(key_id: str, secret: str, token: str) -> paiflow.Credentials:
    return paiflow.Credentials(key_id, secret, token)


PARTIAL = functools.partial(make, KEY_ID, SECRET, TOKEN)


@dataclasses.dataclass
class Held:
    credentials: Any


@attrs.define
class HeldByAttrs:
    credentials: Any


HOLDERS: dict[str, Any] = {
    "credentials": CREDENTIALS,
    "a value asked for": CREDENTIALS.access_key_secret,
    "a part of a value": CREDENTIALS.access_key_secret[:20],
    "a list": [CREDENTIALS],
    "a dict": {"credentials": CREDENTIALS},
    "a dataclass": Held(CREDENTIALS),
    "a class of attrs": HeldByAttrs(CREDENTIALS),
    "a copy": copy.deepcopy(CREDENTIALS),
    "a pickled one": pickle.loads(pickle.dumps(CREDENTIALS)),
    "its state": CREDENTIALS.__getstate__(),
    "source": CredentialsSource(CREDENTIALS, ENVIRON),
    "source of a partial": CredentialsSource(PARTIAL, {}),
    "source of the environment": CredentialsSource(None, ENVIRON),
    "auth": SignatureAuth("Action", "2021-02-02", PARTIAL),
    "client": paiflow.PaiFlow("r", credentials=PARTIAL),
    "async client": paiflow.AsyncPaiFlow("r", credentials=CREDENTIALS),
    "environment": Environment(ENVIRON),
}


def by_rich(one: Any, **settings: Any) -> str:
    console = Console(file=io.StringIO(), width=500)
    rich.inspect(one, console=console, docs=False, **settings)
    if not isinstance(one, Secret):  # a text that somebody has asked for is printed
        console.print(one)
    console.print([one], rich.pretty.Pretty(one, max_string=80))
    return console.file.getvalue()  # type: ignore[attr-defined]


def by_log(one: Any) -> str:
    said = io.StringIO()
    logger = logging.Logger("unused")  # noqa: LOG001 - known to nobody else
    logger.addHandler(logging.StreamHandler(said))
    logger.warning("%r %s", one, [one], extra={"one": one})
    return said.getvalue()


def by_traceback(one: Any) -> str:
    held = one  # noqa: F841 - a local
    try:
        raise ValueError
    except ValueError as error:
        plain = traceback.TracebackException.from_exception(error, capture_locals=True)
        console = Console(file=io.StringIO(), width=500)
        console.print(
            rich.traceback.Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
        )
        return "".join(plain.format()) + console.file.getvalue()  # type: ignore[attr-defined]


def as_json(default: Callable[[Any], Any]) -> Callable[[Any], str]:
    def dump(one: Any) -> str:
        # A text that somebody has asked for is a text.
        return "" if isinstance(one, Secret) else json.dumps(one, default=default)

    return dump


def by_slots(one: Any) -> Any:
    return {name: getattr(one, name) for name in type(one).__slots__ if not name.startswith("__")}


PRINTERS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str of a list": lambda one: str([one]),
    "format": lambda one: f"{one!r} {one!a} {[one]}",
    "pprint": pprint.pformat,
    "reprlib": reprlib.repr,
    "rich": by_rich,
    "rich.inspect": functools.partial(by_rich, all=True),
    "vars": lambda one: repr(vars(one)),
    "attrs.asdict": lambda one: repr(attrs.asdict(one)),
    "attrs.astuple": lambda one: repr(attrs.astuple(one)),
    "dataclasses.asdict": lambda one: repr(dataclasses.asdict(one)),
    "members": lambda one: repr(
        [(name, value) for name, value in inspect.getmembers(one) if not name.startswith("__")]
    ),
    "slots": lambda one: repr(by_slots(one)),
    "copy": lambda one: repr(copy.copy(one)) + repr(copy.deepcopy(one)),
    "reduce": lambda one: repr(one.__reduce_ex__(4)[2]),
    "json by str": as_json(str),
    "json by repr": as_json(repr),
    "json by vars": as_json(vars),
    "json by attrs": as_json(attrs.asdict),
    "json by dataclasses": as_json(dataclasses.asdict),
    "json by slots": as_json(by_slots),
    "logging": by_log,
    "traceback": by_traceback,
}


@pytest.mark.parametrize("one", HOLDERS.values(), ids=HOLDERS)
@pytest.mark.parametrize("printer", PRINTERS.values(), ids=PRINTERS)
def test_no_way_of_printing_shows_a_secret(printer, one):
    said = ""
    with contextlib.suppress(TypeError, AttributeError, IndexError, attrs.exceptions.NotAnAttrsClassError):
        said = printer(one)

    assert [] == shown(said)


@pytest.mark.parametrize("printer", PRINTERS.values(), ids=PRINTERS)
def test_a_secret_that_is_held_in_the_open_is_found(printer):
    """Each of the ways does show what an object holds."""
    found: list[str] = []
    for one in (Held(SECRET[:8]), HeldByAttrs(SECRET[:8])):
        with contextlib.suppress(TypeError, AttributeError, IndexError, attrs.exceptions.NotAnAttrsClassError):
            found += shown(printer(one))

    assert found


def test_pytest_shows_no_secret_among_the_locals(tmp_path):
    test = tmp_path / "test_it.py"
    test.write_text(
        "import os\n"
        "from paiflow.credentials import from_environment\n"
        "def test_it():\n"
        "    credentials = from_environment(os.environ)\n"
        "    secret = credentials.access_key_secret\n"
        "    assert credentials is secret\n"
    )
    command = [sys.executable, "-m", "pytest", "-vv", "--showlocals", "-p", "no:cacheprovider", str(test)]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", check=False, env=ENVIRON, cwd=tmp_path, timeout=60
    )

    assert "credentials = Credentials(access_key_id='STS.…'" in done.stdout
    assert [] == shown(done.stdout + done.stderr)


# What goes on to hold


def test_credentials_stay_what_they_are():
    same = paiflow.Credentials(KEY_ID, SECRET, TOKEN)
    match CREDENTIALS:
        case paiflow.Credentials(key_id, secret, token):
            assert (KEY_ID, SECRET, TOKEN) == (key_id, secret, token)

    assert (KEY_ID, SECRET, TOKEN) == (same.access_key_id, same.access_key_secret, same.security_token)
    assert [CREDENTIALS] * 3 == [same, copy.deepcopy(same), pickle.loads(pickle.dumps(same))]
    assert hash(CREDENTIALS) == hash(same)
    assert CREDENTIALS != paiflow.Credentials(KEY_ID, "another", TOKEN)


def test_a_value_asked_for_is_the_text():
    secret = CREDENTIALS.access_key_secret

    assert SECRET == str(secret) == f"{secret}" == "%s" % secret  # noqa: UP031
    assert SECRET == pickle.loads(pickle.dumps(secret))
    assert json.dumps(SECRET) == json.dumps(secret)
    assert SECRET.encode() == secret.encode()


def test_an_environment_is_the_mapping_at_each_moment():
    variables = {"a": "b"}
    environ = Environment(variables)
    variables["c"] = "d"

    assert {"a": "b", "c": "d"} == dict(environ)
    assert 2 == len(environ)
    assert None is environ.get("e")


# Frames


def locals_of_ours(error: BaseException) -> Iterator[Any]:
    """Yield the locals of this package's frames, and of those that attrs or dataclasses made for it."""
    place: TracebackType | None = error.__traceback__
    while place:
        if place.tb_frame.f_code.co_filename.startswith(OURS):
            yield from place.tb_frame.f_locals.values()
        place = place.tb_next


def call(credentials: Any) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        headers = {"x-acs-request-id": TOKEN, "content-type": "text/plain"}
        return httpx.Response(200, text=" ".join(request.headers.values()), headers=headers)

    with paiflow.PaiFlow("r", credentials=credentials, transport=httpx.MockTransport(refuse), retries=0) as client:
        client.list_pipeline_runs_status(pipeline_runs=["a"])


def fail(*values: Any) -> Any:
    raise paiflow.CredentialsError("there are none")


FAILURES: dict[str, Callable[[], Any]] = {
    "a value that no header can carry": lambda: paiflow.Credentials(KEY_ID, f"{SECRET}\n", TOKEN),
    "a value that is no text": lambda: paiflow.Credentials([KEY_ID], SECRET, TOKEN),
    "a variable that no header can carry": lambda: in_environment(ENVIRON | {"ALIBABA_CLOUD_ACCESS_KEY_ID": "\n"}),
    "half a pair": lambda: in_environment(ENVIRON | {"ALIBABA_CLOUD_ACCESS_KEY_ID": ""}),
    "a pair instead of credentials": lambda: paiflow.PaiFlow("r", credentials=(KEY_ID, SECRET)),
    "a text instead of credentials": lambda: paiflow.AsyncPaiFlow("r", credentials=SECRET),
    "no endpoint": lambda: paiflow.PaiFlow(credentials=PARTIAL),
    "a wrong timeout": lambda: paiflow.PaiFlow("r", credentials=PARTIAL, timeout=-1),
    "a callable that fails": lambda: call(functools.partial(fail, SECRET)),
    "a callable that gives something else": lambda: call(functools.partial(str, SECRET)),
    "a reply that echoes": lambda: call(PARTIAL),
}


@pytest.mark.parametrize("failing", FAILURES.values(), ids=FAILURES)
def test_no_frame_of_ours_holds_a_secret_when_a_call_raises(failing, monkeypatch):
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(paiflow.PaiFlowError) as caught:
        failing()
    held = list(locals_of_ours(caught.value))

    assert held
    assert [] == shown(
        "".join([rich.pretty.pretty_repr([one], max_string=size) for one in held for size in (None, 80)])
    )


def test_a_hidden_value_is_equal_to_itself_alone():
    assert Hidden(1) == 1
    assert Hidden(1) == Hidden(1)
    assert Hidden(1) != Hidden(2)
    assert "'…'" == repr(Hidden(1))
