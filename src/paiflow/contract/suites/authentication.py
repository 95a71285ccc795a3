"""Authentication: right signatures are accepted; signatures wrong in one point are refused."""

# ruff: noqa: ARG005 - in the tables, all functions of a kind take the same arguments
from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from paiflow.contract.http import Request, encoded
from paiflow.contract.preparation import Stock
from paiflow.contract.session import Case, Session
from paiflow.contract.signer import date
from paiflow.contract.suites.subjects import STRANGER, STRANGER_NODE, Subject, node_references, subjects
from paiflow.credentials import Credentials

INCOMPLETE = (400, "IncompleteSignature")
MISMATCH = (400, "SignatureDoesNotMatch")
EXPIRED = (400, "InvalidTimeStamp.Expired")
FORMAT = (400, "InvalidTimeStamp.Format")
UNKNOWN_KEY = (404, "InvalidAccessKeyId.NotFound")
USED = (400, "SignatureNonceUsed")

LONG = 100
"""Ids in a long list: its body is larger than what is read, hashed or kept at once."""

Make = Callable[[Session, Subject], Request]
Bend = Callable[[str], str]
Value = str | None | Callable[[], str]
"""Of a header: None for none; what is made anew for each request is called for."""

ELSEWHERE = encoded({"PipelineRuns": [STRANGER]})
"""Another body than the one that was signed."""

NONCE, DATE, HASH, TOKEN = "x-acs-signature-nonce", "x-acs-date", "x-acs-content-sha256", "x-acs-security-token"


def cases(session: Session, stock: Stock) -> list[Case]:
    """Return the cases: each for a call of every operation, and for two more of ListPipelineRunsStatus.

    What is right comes first: what a service keeps of it must not let in what is wrong.
    """
    made = []
    for subject in [*subjects(session, stock), *_more(session, stock)]:
        draft = session.draft(*subject.call)
        runs: dict[str, Callable[[Session], object]] = {
            name: partial(_accepting, make, subject) for name, make in ACCEPTED.items()
        }
        for name, make, due in refusals():
            if (draft.body or name not in ONLY_WITH_A_BODY) and (draft.method != "GET" or name != SIGNED_AS_GET):
                runs[name] = partial(_refusing, make, subject, due)
        runs |= {name: partial(_sequence, sequence, subject) for name, sequence in SEQUENCES.items()}
        made += [Case(f"{name} ({subject.words})", run, subject.operation) for name, run in runs.items()]
    return made


def _accepting(make: Make, subject: Subject, session: Session) -> None:
    session.send(make(session, subject))


def _refusing(make: Make, subject: Subject, due: tuple[int, str], session: Session) -> None:
    session.refused(make(session, subject), *due)


def _sequence(sequence: Callable[[Session, Subject], None], subject: Subject, session: Session) -> None:
    sequence(session, subject)


def _more(session: Session, stock: Stock) -> list[Subject]:
    """Return a question about nodes, and one that has every parameter and is long."""
    name = "ListPipelineRunsStatus"
    if name not in session.interface.operations:
        return []
    runs, nodes = [run.id for run in session.model.of("run")], node_references(session)
    everything = {"PipelineRuns": [*runs, *[STRANGER] * LONG], "Nodes": [*nodes, *[STRANGER_NODE] * LONG]}
    return [
        Subject("nodes", name, {"Nodes": nodes or [STRANGER_NODE]}),
        Subject("all", name, {**everything, "WorkspaceId": stock.workspace_id or "1", "OutputType": "DataSet"}),
    ]


def refusals() -> Iterator[tuple[str, Make, tuple[int, str]]]:
    """Yield requests that are wrong in one point: what it is, the request, the status and code that are due."""
    for due, table in REFUSED:
        for name, make in table.items():
            yield name, make, due


# What makes a request of a call that is right but for one thing.


def built(**how: Any) -> Make:
    """Return a function that builds a request; `how` as for `Session.build`."""
    return lambda session, subject: session.build(*subject.call, **how)


def acs(name: str, value: Value) -> Make:
    """Return a function that builds a request with a header of another value, and signs that."""
    return lambda session, subject: session.build(*subject.call, acs={name: value() if callable(value) else value})


def header(name: str, value: Value, make: Make = built()) -> Make:  # noqa: B008 - it has no state
    """Return a function that changes a header when the request is signed."""

    def made(session: Session, subject: Subject) -> Request:
        return make(session, subject).with_header(name, value() if callable(value) else value)

    return made


def added(name: str, value: str) -> Make:
    """Return a function that adds a header when the request is signed."""
    return lambda session, subject: built()(session, subject).and_header(name, value)


def also_signed(name: str, value: str = "contract") -> Make:
    """Return a function that builds a request with a header that is signed, too."""
    return built(headers=((name, value),), names=lambda due: {*due, name})


def authorized(bend: Bend, make: Make = built()) -> Make:  # noqa: B008 - it has no state
    """Return a function that changes the header Authorization."""

    def made(session: Session, subject: Subject) -> Request:
        request = make(session, subject)
        return request.with_header("authorization", bend(request.header("authorization") or ""))

    return made


def forged(bend: Bend = lambda signature: "0" * 64, make: Make = built()) -> Make:  # noqa: B008 - it has no state
    """Return a function that changes the signature."""
    return authorized(lambda text: text.rpartition("=")[0] + "=" + bend(text.rpartition("=")[2]), make)


def by(bend: Callable[[Credentials], Credentials]) -> Make:
    """Return a function that builds a request by other credentials than the session's."""
    return lambda session, subject: session.build(*subject.call, credentials=bend(session.credentials))


def with_secret(bend: Bend) -> Make:
    """Return a function that signs with another secret."""
    return by(lambda account: replace_secret(account, bend(account.access_key_secret)))


def with_key(bend: Bend) -> Make:
    """Return a function that signs rightly in another key's name."""
    return by(
        lambda account: Credentials(bend(account.access_key_id), account.access_key_secret, account.security_token)
    )


def body(bend: Callable[[bytes], bytes], make: Make = built()) -> Make:  # noqa: B008 - it has no state
    """Return a function that changes the body when the request is signed."""

    def made(session: Session, subject: Subject) -> Request:
        request = make(session, subject)
        return replace(request, body=bend(request.body))

    return made


def signed_as(**draft: Any) -> Make:
    """Return a function that signs another request than it sends."""
    return lambda session, subject: session.build(*subject.call, signed_as=session.draft(*subject.call, **draft))


def query(text: str, make: Make = built()) -> Make:  # noqa: B008 - it has no state
    """Return a function that changes the query when the request is signed; from "&" on it is added."""

    def made(session: Session, subject: Subject) -> Request:
        request = make(session, subject)
        path, mark, before = request.target.partition("?")
        now = f"{before}{text}" if mark else text.removeprefix("&")
        return replace(request, target=f"{path}?{now if text.startswith('&') else text}")

    return made


def replace_secret(credentials: Credentials, secret: str) -> Credentials:
    """Return the credentials with another secret."""
    return Credentials(credentials.access_key_id, secret, credentials.security_token)


def _bare(session: Session, subject: Subject) -> Request:
    """Return a request without a header of the service's own."""
    request = session.build(*subject.call)
    return replace(request, headers=(("host", session.host),))


def _hash_of_sha1(session: Session, subject: Subject) -> Request:
    secret = session.credentials.access_key_secret.encode()
    return forged(lambda signature: hmac.new(secret, signature.encode(), "sha1").hexdigest())(session, subject)


def _of_another(session: Session, subject: Subject) -> Request:
    return header("authorization", session.build(*subject.call).header("authorization"))(session, subject)


def _of_a_stranger(session: Session, subject: Subject) -> Request:
    return session.build(subject.operation, {**subject.arguments, "PipelineRunId": STRANGER})


def _host_changed(session: Session, subject: Subject) -> Request:
    return session.build(*subject.call, host="paiflow.example.com").with_header("host", session.host)


def _now(form: str) -> Make:
    """Return a function that writes the date of now in another form."""
    return acs(DATE, lambda: time.strftime(form, time.gmtime()))


def _less(name: str, due: set[str]) -> set[str]:
    return due - {name}


def _emptied(part: str) -> Bend:
    """Return a function that empties a part of Authorization."""
    return lambda text: text.replace(text.partition(f"{part}=")[2].partition(",")[0], "", 1)


ACCEPTED: Mapping[str, Make] = {
    "signed": built(),
    **{
        f"{name} signed too": also_signed(name)
        for name in ("user-agent", "x-acs-credentials-provider", "x-acs-retry-attempts")
    },
    "accept signed too": built(names=lambda due: {*due, "accept"}),
    "a header that is not signed": added("x-request-source", "contract"),
    "a query, signed": built(query="b=2&a=%20x&c="),
    "almost 15 minutes old": built(shift=-890),
    "almost 15 minutes ahead": built(shift=890),
    "a nonce with dashes": acs(NONCE, lambda: "a-" + secrets.token_hex(8)),
    "a long nonce": acs(NONCE, lambda: secrets.token_hex(60)),
    "names of headers in capitals": lambda s, p: _renamed(s.build(*p.call), str.title),
    "headers in another order": lambda s, p: _reversed(s.build(*p.call)),
    "accept anything": header("accept", "*/*"),
    "no accept": header("accept", None),
    "gzip welcome": added("accept-encoding", "gzip"),
}
"""Requests that are right, each in its own way."""

SIGNED_AS_GET = "signed for another method, GET"
ONLY_WITH_A_BODY = {
    *("the body has another case", "the body is gone", "the hash is that of no body, and signed"),
    *("the content type was changed", "content-type is not signed"),
}

_AUTHORIZATIONS: Mapping[str, Bend] = {
    "is empty": lambda a: "",
    "is a bearer token": lambda a: "Bearer " + a.rpartition("=")[2],
    "is basic": lambda a: "Basic dXNlcjpwYXNz",
    "is of the older method": lambda a: "acs key:c2lnbmF0dXJl",
    "names another algorithm": lambda a: a.replace("ACS3-HMAC-SHA256", "ACS3-HMAC-SHA1"),
    "names no algorithm": lambda a: a.removeprefix("ACS3-HMAC-SHA256 "),
    "is the algorithm alone": lambda a: "ACS3-HMAC-SHA256",
    "has no Credential": lambda a: "ACS3-HMAC-SHA256 " + a.partition(",")[2],
    "has no SignedHeaders": lambda a: ",".join(part for part in a.split(",") if "SignedHeaders" not in part),
    "has no Signature": lambda a: a.rpartition(",")[0],
    "has an empty Credential": _emptied("Credential"),
    "has empty SignedHeaders": _emptied("SignedHeaders"),
    "has an empty Signature": lambda a: a.rpartition("=")[0] + "=",
    "has spaces behind its commas": lambda a: a.replace(",", ", "),
    "has a part too many": lambda a: a + ",Extra=1",
    "has a header twice in SignedHeaders": lambda a: a.replace(",Signature", ";host,Signature"),
    "is cut off": lambda a: a[: len(a) // 2],
}
_SIGNATURES: Mapping[str, Bend] = {
    "all zeros": lambda a: "0" * 64,
    "wrong in the first digit": lambda a: ("1" if a[0] == "0" else "0") + a[1:],
    "wrong in the last digit": lambda a: a[:-1] + ("1" if a[-1] == "0" else "0"),
    "wrong in the middle": lambda a: a[:31] + ("1" if a[31] == "0" else "0") + a[32:],
    "cut by a digit": lambda a: a[:-1],
    "cut to a half": lambda a: a[:32],
    "cut to eight digits": lambda a: a[:8],
    "longer by a digit": lambda a: a + "0",
    "reversed": lambda a: a[::-1],
    "not hexadecimal": lambda a: "z" * 64,
    "random": lambda a: hashlib.sha256(a.encode()).hexdigest(),
}
_SECRETS: Mapping[str, Bend] = {
    "another secret": lambda secret: "anothersecret",
    "the secret and &": lambda secret: f"{secret}&",
    "the secret in other case": lambda secret: secret.swapcase(),
    "half of the secret": lambda secret: secret[: len(secret) // 2],
    "the secret's hash": lambda secret: hashlib.sha256(secret.encode()).hexdigest(),
}
_KEYS: Mapping[str, Bend] = {
    "nobody's": lambda key: "LTAI5tNobodyHasThisKey",
    "in other case": lambda key: key.swapcase(),
    "cut by a letter": lambda key: key[:-1],
    "longer by a letter": lambda key: f"{key}x",
    "not shown": lambda key: "*" * len(key),
}
_OWN = ("action", "version", "date", "signature-nonce", "content-sha256")
_SPANS = {"15 minutes and a bit": 910, "an hour": 3600, "nine hours": 32_400, "a day": 86_400, "a year": 31_536_000}
_DATES = {
    "without Z": "%Y-%m-%dT%H:%M:%S",
    "with a space": "%Y-%m-%d %H:%M:%SZ",
    "with an offset": "%Y-%m-%dT%H:%M:%S+00:00",
    "with milliseconds": "%Y-%m-%dT%H:%M:%S.000Z",
    "without dashes": "%Y%m%dT%H%M%SZ",
    "the day only": "%Y-%m-%d",
    "in the form of HTTP": "%a, %d %b %Y %H:%M:%S GMT",
    "in small letters": "%Y-%m-%dt%H:%M:%Sz",
    "of a 13th month": "%Y-13-%dT%H:%M:%SZ",
    "no date": "now",
}
_CODES = {
    DATE: "MissingTimeStamp",
    NONCE: "MissingSignatureNonce",
    HASH: "MissingContentSha256",
    "x-acs-version": "MissingVersion",
    "x-acs-action": "MissingAction",
}
_WRONG = {
    "version": ("2021-02-03", "2021-2-2", "20210202", "1", "2021-02-02x", "2021-02-04x", "latest"),
    "action": ("GetNothing", "listpipelinerunsstatus", "getpipelinerun", "ListPipelineRunsStatusX", "*"),
}
_BESIDES: Mapping[str, Make] = {
    "and wrong parameters": built(query="PageSize=x&Depth=0&Verbose=2"),
    "and no parameters": built(query="", body=b""),
    "and not JSON": built(body=b"{"),
    "and another content type": built(content_type="text/plain"),
    "and a query": built(query="x=1"),
    "and for a stranger": _of_a_stranger,
    "and from this machine, it says": built(headers=(("x-forwarded-for", "127.0.0.1"),)),
    "and a cookie": built(headers=(("cookie", "session=1"),)),
    "and a signature in the query": built(query="Signature=1&AccessKeyId=2"),
}
"""Two faults at once: the signature is checked first, so an unsigned request learns nothing of its parameters."""

REFUSED: tuple[tuple[tuple[int, str], Mapping[str, Make]], ...] = (
    (INCOMPLETE, {"unsigned": header("authorization", None)}),
    ((400, "MissingVersion"), {"bare": _bare}),
    (INCOMPLETE, {f"Authorization {name}": authorized(bend) for name, bend in _AUTHORIZATIONS.items()}),
    (
        MISMATCH,
        {
            **{f"a signature that is {name}": forged(bend) for name, bend in _SIGNATURES.items()},
            **{f"signed with {name}": with_secret(bend) for name, bend in _SECRETS.items()},
            "signed with the key's id": by(lambda account: replace_secret(account, account.access_key_id)),
            "another request's signature": _of_another,
            "an HMAC with SHA-1": _hash_of_sha1,
            "the body is another": body(lambda was: ELSEWHERE),
            "the body has one byte more": body(lambda was: was + b" "),
            "the body has another case": body(bytes.swapcase),
            "the body is gone": body(lambda was: b""),
            "the body and its hash are another's": body(
                lambda was: ELSEWHERE, header(HASH, hashlib.sha256(ELSEWHERE).hexdigest())
            ),
            "the hash is another's": header(HASH, hashlib.sha256(b"[]").hexdigest()),
            "the hash is wrong, and signed": acs(HASH, hashlib.sha256(b"[]").hexdigest()),
            "the hash is that of no body, and signed": acs(HASH, hashlib.sha256(b"").hexdigest()),
            "the hash says UNSIGNED-PAYLOAD": acs(HASH, "UNSIGNED-PAYLOAD"),
            "signed for another path": signed_as(path="/api/v1/pipelineruns/flow-1/events"),
            "signed for another method": signed_as(method="PATCH"),
            SIGNED_AS_GET: signed_as(method="GET"),
            "signed for another query, which was there": signed_as(query="a=1"),
            "a query was added": query("&b=2"),
            "the query was changed": query("a=2", built(query="a=1")),
            "the query was lengthened": query("&b=2", built(query="a=1")),
            "the host is another": _host_changed,
            "the content type was changed": header("content-type", "application/json; charset=utf-8"),
            "the date was changed": header(DATE, lambda: date(time.time()), built(shift=-60)),
            "the nonce was changed": header(NONCE, secrets.token_hex),
            "signed for another action": lambda s, p: header(
                "x-acs-action", p.operation, acs("x-acs-action", "GetNothing")
            )(s, p),
            "signed for another version": lambda s, p: header(
                "x-acs-version", s.draft(*p.call).version, acs("x-acs-version", "2020-01-01")
            )(s, p),
            **{
                f"the signed {name} was changed": header(name, "changed", also_signed(name))
                for name in ("user-agent", "x-acs-credentials-provider")
            },
            "the signed accept was changed": header("accept", "*/*", built(names=lambda due: {*due, "accept"})),
        },
    ),
    (
        INCOMPLETE,
        {
            **{
                f"{name} is not signed": built(names=partial(_less, name))
                for name in ("host", "content-type", *(f"x-acs-{name}" for name in _OWN))
            },
            "only host is signed": built(names=lambda due: {"host"}),
            "only x-acs-* are signed": built(names=lambda due: {name for name in due if name[:2] == "x-"}),
            "host and action are not signed": built(names=lambda due: due - {"host", "x-acs-action"}),
            "an x-acs-* header is not signed": built(
                headers=(("x-acs-extra", "1"),), names=lambda due: due - {"x-acs-extra"}
            ),
            "an x-acs-* header was added": added("x-acs-extra", "1"),
            "a signed header is not there": built(names=lambda due: {*due, "x-ghost"}),
            "a signed header was taken away": header("x-source", None, also_signed("x-source", "1")),
        },
    ),
    (
        EXPIRED,
        {
            **{f"{words} old": built(shift=-seconds) for words, seconds in _SPANS.items()},
            **{f"{words} ahead": built(shift=seconds) for words, seconds in _SPANS.items()},
            "of 1970": acs(DATE, "1970-01-01T00:00:00Z"),
        },
    ),
    (
        FORMAT,
        {
            "date seconds since the epoch": acs(DATE, lambda: str(int(time.time()))),
            **{f"date {name}": _now(form) for name, form in _DATES.items()},
        },
    ),
    *(
        ((400, code), {f"no {name}": acs(name, None), f"an empty {name}": acs(name, "")})
        for name, code in _CODES.items()
    ),
    *(
        ((400, f"Invalid{name.title()}"), {f"{name} {value}": acs(f"x-acs-{name}", value) for value in values})
        for name, values in _WRONG.items()
    ),
    (
        UNKNOWN_KEY,
        {
            **{f"a key that is {name}, the secret right": with_key(bend) for name, bend in _KEYS.items()},
            "an unknown key, the secret wrong": built(credentials=Credentials("unknown", "wrong")),
        },
    ),
    (INCOMPLETE, {f"unsigned {name}": header("authorization", None, make) for name, make in _BESIDES.items()}),
    (MISMATCH, {f"forged {name}": forged(make=make) for name, make in _BESIDES.items()}),
)
"""By the status and code that are due: requests that are wrong in one point."""


def _replayed(session: Session, subject: Subject) -> None:
    request = session.build(*subject.call)
    session.send(request)
    session.refused(request, *USED)
    session.refused(request, *USED)


def _replayed_elsewhere(session: Session, subject: Subject) -> None:
    """A nonce is used up by any request: another question, another date, another connection."""
    nonce = {NONCE: secrets.token_hex(16)}
    session.send(session.build(*subject.call, acs=nonce))
    session.refused(session.build(*subject.call, acs=nonce, headers=(("user-agent", "else"),)), *USED)
    session.refused(session.build(*subject.call, acs=nonce, shift=-120), *USED)
    session.wire.close()
    session.refused(session.build(*subject.call, acs=nonce, shift=60), *USED)


def _replayed_later(session: Session, subject: Subject) -> None:
    request = session.build(*subject.call)
    session.send(request)
    for _ in range(30):
        session.ask(*subject.call)
    session.refused(request, *USED)


def _used_by_a_refusal(session: Session, subject: Subject) -> None:
    nonce = {NONCE: secrets.token_hex(16)}
    name, values = subject.call
    wrong: dict[str, Any] = {"query": "Depth=x&PageSize=x&Verbose=x&Offset=x&FuzzyMatching=x"}
    session.send(session.build(name, values, acs=nonce, **wrong))
    session.refused(session.build(*subject.call, acs=nonce), *USED)


def _not_used_by_a_forgery(session: Session, subject: Subject) -> None:
    """Only who holds the secret can use up a nonce: otherwise anybody could lock out anybody."""
    request = session.build(*subject.call)
    session.refused(_zeroed(request), *MISMATCH)
    session.send(request)


def _nonces_like(session: Session, subject: Subject) -> None:
    """Nonces are compared whole."""
    nonce = "Nonce" + secrets.token_hex(16)
    for like in (nonce, nonce.lower(), nonce.upper(), nonce[:-1], f"{nonce}0", nonce[8:]):
        session.send(session.build(*subject.call, acs={NONCE: like}))


def _not_remembered(session: Session, subject: Subject) -> None:
    """Each call is checked by itself: after a right one, a wrong one on the same connection is refused."""
    for _ in range(3):
        session.ask(*subject.call)
        session.refused(session.build(*subject.call).with_header("authorization", None), *INCOMPLETE)
        session.refused(_zeroed(session.build(*subject.call)), *MISMATCH)


def _tokens(session: Session, subject: Subject) -> None:
    """A token comes with temporary credentials, and with no others."""
    for account in session.accounts:
        session.send(session.build(*subject.call, credentials=account))
        token = account.security_token or "NoTokenIsDue"
        for wrong in ("not-its-token", token[:-1], f"{token}x", token.swapcase(), token[::-1]):
            bent = Credentials(account.access_key_id, account.access_key_secret, wrong)
            session.refused(
                session.build(*subject.call, credentials=bent), 400, "InvalidSecurityToken.MismatchWithAccessKey"
            )
        if account.security_token is not None:
            none = Credentials(account.access_key_id, account.access_key_secret)
            session.refused(session.build(*subject.call, credentials=none), 400, "MissingSecurityToken")
            loose = session.build(*subject.call, credentials=account, names=lambda due: due - {TOKEN})
            session.refused(loose, *INCOMPLETE)
            changed = session.build(*subject.call, credentials=account).with_header(TOKEN, "changed")
            session.refused(changed, *MISMATCH)


def _each_its_own_secret(session: Session, subject: Subject) -> None:
    for account in session.accounts:
        session.send(session.build(*subject.call, credentials=account))
        for other in session.accounts:
            if other is not account:
                mixed = replace_secret(account, other.access_key_secret)
                session.refused(session.build(*subject.call, credentials=mixed), *MISMATCH)


def _headers_twice(session: Session, subject: Subject) -> None:
    """A header that decides anything comes once: two readers could each take another of two values."""
    right = session.build(*subject.call)
    codes = ("InvalidParameter", "SignatureDoesNotMatch", "IncompleteSignature", "BadRequest")
    for name in ("x-acs-action", "x-acs-version", "x-acs-date", NONCE, "authorization", "host"):
        value = right.header(name) or ""
        for other in (value, "GetNothing"):
            session.refused(session.build(*subject.call).and_header(name, other), 400, *codes)


SEQUENCES: dict[str, Callable[[Session, Subject], None]] = {
    "replayed at once": _replayed,
    "replayed with something else": _replayed_elsewhere,
    "replayed later": _replayed_later,
    "a nonce used by a refused call": _used_by_a_refusal,
    "a nonce not used by a forgery": _not_used_by_a_forgery,
    "nonces that are alike": _nonces_like,
    "a caller is not remembered": _not_remembered,
    "security tokens": _tokens,
    "headers that come twice": _headers_twice,
    "each key its own secret": _each_its_own_secret,
}


def _zeroed(request: Request) -> Request:
    text = request.header("authorization") or ""
    return request.with_header("authorization", text.rpartition("=")[0] + "=" + "0" * 64)


def _renamed(request: Request, bend: Bend) -> Request:
    return replace(request, headers=tuple((bend(name), value) for name, value in request.headers))


def _reversed(request: Request) -> Request:
    return replace(request, headers=request.headers[::-1])
