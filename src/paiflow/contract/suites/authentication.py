"""Who may call: right signatures are accepted, and nothing that is wrong in one point is."""

# ruff: noqa: ARG005 - in the tables, all functions of a kind take the same arguments
from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

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

T = TypeVar("T")
Make = Callable[[Session, Subject], Request]

ELSEWHERE = encoded({"PipelineRuns": [STRANGER]})
"""Another body than the one that was signed."""


def cases(session: Session, stock: Stock) -> list[Case]:
    """Return the cases: each for a call of every operation, and for two more of ListPipelineRunsStatus.

    What is right comes first: what a service keeps of it must not let in what is wrong.
    """
    made = []
    for subject in [*subjects(session, stock), *_more(session, stock)]:
        draft = session.draft(*subject.call)
        for name, make in acceptances():
            made.append(Case(f"{name} ({subject.words})", _accepting(make, subject), subject.operation))
        for name, make, status, code in refusals():
            if (draft.body or name not in ONLY_WITH_A_BODY) and (draft.method != "GET" or name != SIGNED_AS_GET):
                run = _refusing(make, subject, status, code)
                made.append(Case(f"{name} ({subject.words})", run, subject.operation))
        for name, sequence in SEQUENCES.items():
            made.append(Case(f"{name} ({subject.words})", _sequence(sequence, subject), subject.operation))
    return made


SIGNED_AS_GET = "signed for another method, GET"
ONLY_WITH_A_BODY = {
    *("the body has another case", "the body is gone", "the hash is that of no body, and signed"),
    *("the content type was changed", "content-type is not signed"),
}


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


def refusals() -> Iterator[tuple[str, Make, int, str]]:
    """Yield requests that are wrong in one point: what it is, the request, the status and code that are due."""
    for group in (_authorizations, _signatures, _tampered, _weak, _dates, _headers, _keys, _together):
        for name, make, (status, code) in group():
            yield name, make, status, code


def acceptances() -> Iterator[tuple[str, Make]]:
    """Yield requests that are right, each in its own way."""
    yield "signed", lambda s, p: s.build(*p.call)
    for name in ("user-agent", "x-acs-credentials-provider", "x-acs-retry-attempts"):
        yield f"{name} signed too", _with(lambda s, p, name: _also_signed(s, p, name, "contract"), name)
    yield "accept signed too", lambda s, p: s.build(*p.call, names=lambda due: {*due, "accept"})
    yield "a header that is not signed", lambda s, p: s.build(*p.call).and_header("x-request-source", "contract")
    yield "a query, signed", lambda s, p: s.build(*p.call, query="b=2&a=%20x&c=")
    yield "almost 15 minutes old", lambda s, p: s.build(*p.call, shift=-890)
    yield "almost 15 minutes ahead", lambda s, p: s.build(*p.call, shift=890)
    yield (
        "a nonce with dashes",
        lambda s, p: s.build(*p.call, acs={"x-acs-signature-nonce": "a-" + secrets.token_hex(8)}),
    )
    yield "a long nonce", lambda s, p: s.build(*p.call, acs={"x-acs-signature-nonce": secrets.token_hex(60)})
    yield "names of headers in capitals", lambda s, p: _capitals(s.build(*p.call))
    yield "headers in another order", lambda s, p: _reversed(s.build(*p.call))
    yield "accept anything", lambda s, p: s.build(*p.call).with_header("accept", "*/*")
    yield "no accept", lambda s, p: s.build(*p.call).with_header("accept", None)
    yield "gzip welcome", lambda s, p: s.build(*p.call).and_header("accept-encoding", "gzip")


def _authorizations() -> Iterator[tuple[str, Make, tuple[int, str]]]:
    yield "unsigned", lambda s, p: s.build(*p.call).with_header("authorization", None), INCOMPLETE
    yield "bare", _bare, (400, "MissingVersion")
    texts: dict[str, Callable[[str], str]] = {
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
        "has an empty Credential": lambda a: a.replace(a.partition("Credential=")[2].partition(",")[0], "", 1),
        "has empty SignedHeaders": lambda a: a.replace(a.partition("SignedHeaders=")[2].partition(",")[0], "", 1),
        "has an empty Signature": lambda a: a.rpartition("=")[0] + "=",
        "has spaces behind its commas": lambda a: a.replace(",", ", "),
        "has a part too many": lambda a: a + ",Extra=1",
        "has a header twice in SignedHeaders": lambda a: a.replace(",Signature", ";host,Signature"),
        "is cut off": lambda a: a[: len(a) // 2],
    }
    for name, bend in texts.items():
        yield f"Authorization {name}", _with(lambda s, p, bend: _reauthorized(s.build(*p.call), bend), bend), INCOMPLETE


def _signatures() -> Iterator[tuple[str, Make, tuple[int, str]]]:
    bends: dict[str, Callable[[str], str]] = {
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
    for name, bend in bends.items():
        yield f"a signature that is {name}", _with(lambda s, p, bend: _resigned(s.build(*p.call), bend), bend), MISMATCH
    others: dict[str, Callable[[str], str]] = {
        "another secret": lambda secret: "anothersecret",
        "the secret and &": lambda secret: f"{secret}&",
        "the secret in other case": lambda secret: secret.swapcase(),
        "half of the secret": lambda secret: secret[: len(secret) // 2],
        "the secret's hash": lambda secret: hashlib.sha256(secret.encode()).hexdigest(),
    }
    for name, bend in others.items():
        yield f"signed with {name}", _with(_with_secret, bend), MISMATCH
    yield (
        "signed with the key's id",
        lambda s, p: s.build(*p.call, credentials=replace_secret(s.credentials, s.credentials.access_key_id)),
        MISMATCH,
    )
    yield (
        "another request's signature",
        lambda s, p: s.build(*p.call).with_header("authorization", s.build(*p.call).header("authorization")),
        MISMATCH,
    )
    yield (
        "an HMAC with SHA-1",
        lambda s, p: _resigned(
            s.build(*p.call),
            lambda a: hmac.new(s.credentials.access_key_secret.encode(), a.encode(), "sha1").hexdigest(),
        ),
        MISMATCH,
    )


def _tampered() -> Iterator[tuple[str, Make, tuple[int, str]]]:
    yield "the body is another", lambda s, p: replace(s.build(*p.call), body=ELSEWHERE), MISMATCH
    yield (
        "the body has one byte more",
        lambda s, p: replace(s.build(*p.call), body=s.draft(*p.call).body + b" "),
        MISMATCH,
    )
    yield (
        "the body has another case",
        lambda s, p: replace(s.build(*p.call), body=s.draft(*p.call).body.swapcase()),
        MISMATCH,
    )
    yield "the body is gone", lambda s, p: replace(s.build(*p.call), body=b""), MISMATCH
    yield "the body and its hash are another's", _other_body_and_hash, MISMATCH
    yield (
        "the hash is another's",
        lambda s, p: s.build(*p.call).with_header("x-acs-content-sha256", hashlib.sha256(b"[]").hexdigest()),
        MISMATCH,
    )
    yield (
        "the hash is wrong, and signed",
        lambda s, p: s.build(*p.call, acs={"x-acs-content-sha256": hashlib.sha256(b"[]").hexdigest()}),
        MISMATCH,
    )
    yield (
        "the hash is that of no body, and signed",
        lambda s, p: s.build(*p.call, acs={"x-acs-content-sha256": hashlib.sha256(b"").hexdigest()}),
        MISMATCH,
    )
    yield (
        "the hash says UNSIGNED-PAYLOAD",
        lambda s, p: s.build(*p.call, acs={"x-acs-content-sha256": "UNSIGNED-PAYLOAD"}),
        MISMATCH,
    )
    others: dict[str, dict[str, Any]] = {
        "path": {"path": "/api/v1/pipelineruns/flow-1/events"},
        "method": {"method": "PATCH"},
        "method, GET": {"method": "GET"},
        "query, which was there": {"query": "a=1"},
    }
    for name, as_signed in others.items():
        yield (
            f"signed for another {name}",
            _with(lambda s, p, as_signed: s.build(*p.call, signed_as=s.draft(*p.call, **as_signed)), as_signed),
            MISMATCH,
        )
    yield (
        "a query was added",
        lambda s, p: replace(s.build(*p.call), target=_joined(s.build(*p.call).target, "b=2")),
        MISMATCH,
    )
    yield (
        "the query was changed",
        lambda s, p: replace(s.build(*p.call, query="a=1"), target=f"{s.draft(*p.call).path}?a=2"),
        MISMATCH,
    )
    yield (
        "the query was lengthened",
        lambda s, p: replace(s.build(*p.call, query="a=1"), target=f"{s.draft(*p.call).path}?a=1&b=2"),
        MISMATCH,
    )
    yield (
        "the host is another",
        lambda s, p: s.build(*p.call, host="paiflow.example.com").with_header("host", s.host),
        MISMATCH,
    )
    yield (
        "the content type was changed",
        lambda s, p: s.build(*p.call).with_header("content-type", "application/json; charset=utf-8"),
        MISMATCH,
    )
    yield (
        "the date was changed",
        lambda s, p: s.build(*p.call, shift=-60).with_header("x-acs-date", date(time.time())),
        MISMATCH,
    )
    yield (
        "the nonce was changed",
        lambda s, p: s.build(*p.call).with_header("x-acs-signature-nonce", secrets.token_hex(16)),
        MISMATCH,
    )
    yield (
        "signed for another action",
        lambda s, p: s.build(*p.call, acs={"x-acs-action": "GetNothing"}).with_header("x-acs-action", p.operation),
        MISMATCH,
    )
    yield (
        "signed for another version",
        lambda s, p: s.build(*p.call, acs={"x-acs-version": "2020-01-01"}).with_header(
            "x-acs-version", s.draft(*p.call).version
        ),
        MISMATCH,
    )
    for name in ("user-agent", "x-acs-credentials-provider"):
        yield (
            f"the signed {name} was changed",
            _with(lambda s, p, name: _also_signed(s, p, name, "contract").with_header(name, "changed"), name),
            MISMATCH,
        )
    yield (
        "the signed accept was changed",
        lambda s, p: s.build(*p.call, names=lambda due: {*due, "accept"}).with_header("accept", "*/*"),
        MISMATCH,
    )


def _weak() -> Iterator[tuple[str, Make, tuple[int, str]]]:
    own = ("action", "version", "date", "signature-nonce", "content-sha256")
    for name in ("host", "content-type", *(f"x-acs-{name}" for name in own)):
        yield (
            f"{name} is not signed",
            _with(lambda s, p, name: s.build(*p.call, names=lambda due: due - {name}), name),
            INCOMPLETE,
        )
    yield "only host is signed", lambda s, p: s.build(*p.call, names=lambda due: {"host"}), INCOMPLETE
    yield (
        "only x-acs-* are signed",
        lambda s, p: s.build(*p.call, names=lambda due: {n for n in due if n[:2] == "x-"}),
        INCOMPLETE,
    )
    yield (
        "host and action are not signed",
        lambda s, p: s.build(*p.call, names=lambda due: due - {"host", "x-acs-action"}),
        INCOMPLETE,
    )
    yield (
        "an x-acs-* header is not signed",
        lambda s, p: s.build(*p.call, headers=(("x-acs-extra", "1"),), names=lambda due: due - {"x-acs-extra"}),
        INCOMPLETE,
    )
    yield "an x-acs-* header was added", lambda s, p: s.build(*p.call).and_header("x-acs-extra", "1"), INCOMPLETE
    yield "a signed header is not there", lambda s, p: s.build(*p.call, names=lambda due: {*due, "x-ghost"}), INCOMPLETE
    yield (
        "a signed header was taken away",
        lambda s, p: _also_signed(s, p, "x-source", "1").with_header("x-source", None),
        INCOMPLETE,
    )


def _dates() -> Iterator[tuple[str, Make, tuple[int, str]]]:
    spans = {"15 minutes and a bit": 910, "an hour": 3600, "nine hours": 32_400, "a day": 86_400, "a year": 31_536_000}
    for words, seconds in spans.items():
        yield f"{words} old", _with(lambda s, p, seconds: s.build(*p.call, shift=-seconds), seconds), EXPIRED
        yield f"{words} ahead", _with(lambda s, p, seconds: s.build(*p.call, shift=seconds), seconds), EXPIRED
    yield "of 1970", lambda s, p: s.build(*p.call, acs={"x-acs-date": "1970-01-01T00:00:00Z"}), EXPIRED
    forms: dict[str, str] = {
        "seconds since the epoch": "%s",
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
    for name, form in forms.items():
        yield (
            f"date {name}",
            _with(
                lambda s, p, form: s.build(
                    *p.call,
                    acs={"x-acs-date": str(int(time.time())) if form == "%s" else time.strftime(form, time.gmtime())},
                ),
                form,
            ),
            FORMAT,
        )


def _headers() -> Iterator[tuple[str, Make, tuple[int, str]]]:
    missing = {
        "x-acs-date": "MissingTimeStamp",
        "x-acs-signature-nonce": "MissingSignatureNonce",
        "x-acs-content-sha256": "MissingContentSha256",
        "x-acs-version": "MissingVersion",
        "x-acs-action": "MissingAction",
    }
    for name, code in missing.items():
        yield f"no {name}", _with(lambda s, p, name: s.build(*p.call, acs={name: None}), name), (400, code)
        yield f"an empty {name}", _with(lambda s, p, name: s.build(*p.call, acs={name: ""}), name), (400, code)
    for value in ("2021-02-03", "2021-2-2", "20210202", "1", "2021-02-02x", "2021-02-04x", "latest"):
        yield (
            f"version {value}",
            _with(lambda s, p, value: s.build(*p.call, acs={"x-acs-version": value}), value),
            (400, "InvalidVersion"),
        )
    for value in ("GetNothing", "listpipelinerunsstatus", "getpipelinerun", "ListPipelineRunsStatusX", "*"):
        yield (
            f"action {value}",
            _with(lambda s, p, value: s.build(*p.call, acs={"x-acs-action": value}), value),
            (400, "InvalidAction"),
        )


def _keys() -> Iterator[tuple[str, Make, tuple[int, str]]]:
    bends: dict[str, Callable[[str], str]] = {
        "nobody's": lambda key: "LTAI5tNobodyHasThisKey",
        "in other case": lambda key: key.swapcase(),
        "cut by a letter": lambda key: key[:-1],
        "longer by a letter": lambda key: f"{key}x",
        "not shown": lambda key: "*" * len(key),
    }
    for name, bend in bends.items():
        yield (
            f"a key that is {name}, the secret right",
            _with(
                lambda s, p, bend: s.build(
                    *p.call, credentials=replace_id(s.credentials, bend(s.credentials.access_key_id))
                ),
                bend,
            ),
            UNKNOWN_KEY,
        )
    yield (
        "a key that is nobody's, the secret wrong",
        lambda s, p: s.build(*p.call, credentials=Credentials("nobody", "wrong")),
        (UNKNOWN_KEY),
    )


def _together() -> Iterator[tuple[str, Make, tuple[int, str]]]:
    """Two faults at once: who asks comes before what is asked, so that nobody learns anything without a signature."""
    unsigned: dict[str, Callable[[Session, Subject], Request]] = {
        "and wrong parameters": lambda s, p: s.build(*p.call, query="PageSize=x&Depth=0&Verbose=2"),
        "and no parameters": lambda s, p: s.build(*p.call, query="", body=b""),
        "and not JSON": lambda s, p: s.build(*p.call, body=b"{"),
        "and another content type": lambda s, p: s.build(*p.call, content_type="text/plain"),
        "and a query": lambda s, p: s.build(*p.call, query="x=1"),
        "and for a stranger": lambda s, p: s.build(p.operation, {**p.arguments, "PipelineRunId": STRANGER}),
        "and from this machine, it says": lambda s, p: s.build(*p.call, headers=(("x-forwarded-for", "127.0.0.1"),)),
        "and a cookie": lambda s, p: s.build(*p.call, headers=(("cookie", "session=1"),)),
        "and a signature in the query": lambda s, p: s.build(*p.call, query="Signature=1&AccessKeyId=2"),
    }
    for name, make in unsigned.items():
        yield (
            f"unsigned {name}",
            _with(lambda s, p, make: make(s, p).with_header("authorization", None), make),
            INCOMPLETE,
        )
        yield f"forged {name}", _with(lambda s, p, make: _resigned(make(s, p), lambda a: "0" * 64), make), MISMATCH


def _replayed(session: Session, parameters: Subject) -> None:
    request = session.build(*parameters.call)
    session.send(request)
    session.refused(request, *USED)
    session.refused(request, *USED)


def _replayed_elsewhere(session: Session, parameters: Subject) -> None:
    """A nonce is used up whatever comes with it: another question, another date, another connection."""
    nonce = {"x-acs-signature-nonce": secrets.token_hex(16)}
    session.send(session.build(*parameters.call, acs=nonce))
    session.refused(session.build(*parameters.call, acs=nonce, headers=(("user-agent", "else"),)), *USED)
    session.refused(session.build(*parameters.call, acs=nonce, shift=-120), *USED)
    session.wire.close()
    session.refused(session.build(*parameters.call, acs=nonce, shift=60), *USED)


def _replayed_later(session: Session, parameters: Subject) -> None:
    request = session.build(*parameters.call)
    session.send(request)
    for _ in range(30):
        session.ask(*parameters.call)
    session.refused(request, *USED)


def _used_by_a_refusal(session: Session, parameters: Subject) -> None:
    nonce = {"x-acs-signature-nonce": secrets.token_hex(16)}
    name, values = parameters.call
    wrong: dict[str, Any] = {"query": "Depth=x&PageSize=x&Verbose=x&Offset=x&FuzzyMatching=x"}
    session.send(session.build(name, values, acs=nonce, **wrong))
    session.refused(session.build(*parameters.call, acs=nonce), *USED)


def _not_used_by_a_forgery(session: Session, parameters: Subject) -> None:
    """Only who holds the secret can use up a nonce: otherwise anybody could lock out anybody."""
    request = session.build(*parameters.call)
    session.refused(_resigned(request, lambda a: "0" * 64), *MISMATCH)
    session.send(request)


def _nonces_like(session: Session, parameters: Subject) -> None:
    """Nonces are compared whole."""
    nonce = "Nonce" + secrets.token_hex(16)
    for like in (nonce, nonce.lower(), nonce.upper(), nonce[:-1], f"{nonce}0", nonce[8:]):
        session.send(session.build(*parameters.call, acs={"x-acs-signature-nonce": like}))


def _not_remembered(session: Session, parameters: Subject) -> None:
    """Each call is judged by itself: after a right one, a wrong one on the same connection is refused."""
    for _ in range(3):
        session.ask(*parameters.call)
        session.refused(session.build(*parameters.call).with_header("authorization", None), *INCOMPLETE)
        session.refused(_resigned(session.build(*parameters.call), lambda a: "0" * 64), *MISMATCH)


def _tokens(session: Session, parameters: Subject) -> None:
    """A token comes with temporary credentials, and with no others."""
    for account in session.accounts:
        session.send(session.build(*parameters.call, credentials=account))
        token = account.security_token or "NoTokenIsDue"
        for wrong in ("not-its-token", token[:-1], f"{token}x", token.swapcase(), token[::-1]):
            bent = Credentials(account.access_key_id, account.access_key_secret, wrong)
            session.refused(
                session.build(*parameters.call, credentials=bent), 400, "InvalidSecurityToken.MismatchWithAccessKey"
            )
        if account.security_token is not None:
            none = Credentials(account.access_key_id, account.access_key_secret)
            session.refused(session.build(*parameters.call, credentials=none), 400, "MissingSecurityToken")
            loose = session.build(
                *parameters.call, credentials=account, names=lambda due: due - {"x-acs-security-token"}
            )
            session.refused(loose, *INCOMPLETE)
            changed = session.build(*parameters.call, credentials=account).with_header(
                "x-acs-security-token", "changed"
            )
            session.refused(changed, *MISMATCH)


def _each_its_own_secret(session: Session, parameters: Subject) -> None:
    for account in session.accounts:
        session.send(session.build(*parameters.call, credentials=account))
        for other in session.accounts:
            if other is not account:
                mixed = replace_secret(account, other.access_key_secret)
                session.refused(session.build(*parameters.call, credentials=mixed), *MISMATCH)


def _headers_twice(session: Session, parameters: Subject) -> None:
    """What decides anything comes once: two readers could each take another of two values."""
    right = session.build(*parameters.call)
    codes = ("InvalidParameter", "SignatureDoesNotMatch", "IncompleteSignature", "BadRequest")
    for name in ("x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "authorization", "host"):
        value = right.header(name) or ""
        for other in (value, "GetNothing"):
            session.refused(session.build(*parameters.call).and_header(name, other), 400, *codes)


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


def _with(make: Callable[[Session, Subject, T], Request], value: T) -> Make:
    """Return what makes a request with this value."""
    return lambda session, parameters: make(session, parameters, value)


def replace_id(credentials: Credentials, access_key_id: str) -> Credentials:
    """Return the credentials with another key's id."""
    return Credentials(access_key_id, credentials.access_key_secret, credentials.security_token)


def replace_secret(credentials: Credentials, secret: str) -> Credentials:
    """Return the credentials with another secret."""
    return Credentials(credentials.access_key_id, secret, credentials.security_token)


def _refusing(make: Make, parameters: Subject, status: int, code: str) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        session.refused(make(session, parameters), status, code)

    return run


def _accepting(make: Make, parameters: Subject) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        session.send(make(session, parameters))

    return run


def _sequence(sequence: Callable[[Session, Subject], None], parameters: Subject) -> Callable[[Session], None]:
    return lambda session: sequence(session, parameters)


def _reauthorized(request: Request, bend: Callable[[str], str]) -> Request:
    return request.with_header("authorization", bend(request.header("authorization") or ""))


def _resigned(request: Request, bend: Callable[[str], str]) -> Request:
    def bend_signature(value: str) -> str:
        head, _, given = value.rpartition("=")
        return f"{head}={bend(given)}"

    return _reauthorized(request, bend_signature)


def _with_secret(session: Session, parameters: Subject, bend: Callable[[str], str]) -> Request:
    changed = replace_secret(session.credentials, bend(session.credentials.access_key_secret))
    return session.build(*parameters.call, credentials=changed)


def _also_signed(session: Session, parameters: Subject, name: str, value: str) -> Request:
    return session.build(*parameters.call, headers=((name, value),), names=lambda due: {*due, name})


def _other_body_and_hash(session: Session, parameters: Subject) -> Request:
    changed = replace(session.build(*parameters.call), body=ELSEWHERE)
    return changed.with_header("x-acs-content-sha256", hashlib.sha256(ELSEWHERE).hexdigest())


def _bare(session: Session, parameters: Subject) -> Request:
    """Return a request without a header of the service's own."""
    draft = session.draft(*parameters.call)
    target = f"{draft.path}?{draft.query}" if draft.query else draft.path
    return Request(draft.method, target, (("host", session.host),), draft.body)


def _joined(target: str, query: str) -> str:
    return f"{target}{'&' if '?' in target else '?'}{query}"


def _capitals(request: Request) -> Request:
    return replace(request, headers=tuple((name.title(), value) for name, value in request.headers))


def _reversed(request: Request) -> Request:
    return replace(request, headers=request.headers[::-1])
