"""Errors: the tree, their words, and which one a reply stands for."""

import copy
import json
import pickle
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import httpx
import pytest

from paiflow import errors
from paiflow.client.service_errors import excerpt, service_error
from paiflow.errors import (
    AccessDenied,
    ConfigurationError,
    CredentialsError,
    InvalidRequest,
    NotFound,
    PaiFlowError,
    ServerFault,
    ServiceError,
    Throttled,
    TransportError,
    UnexpectedReply,
    WaitError,
    WaitFailed,
    WaitTimedOut,
)
from paiflow.status.waiting import Waited, WaitResult

OPERATION = "ListPipelineRunsStatus"
REQUEST_ID = "3F9A0A6E-6B2C-5E3B-9D0B-1F2A3B4C5D6E"
TOKEN = "CAISzAJ1q6Ft5B2yfSjIr5fbHcPOj+3Example/Token=="
KEY_ID = "STS.NTExampleKeyId0123456789"
NOW = 1_445_412_480.0  # Wed, 21 Oct 2015 07:28:00 GMT

# As reported by third parties for signature method V3; with temporary credentials the echo holds the token.
SIGNATURE_ECHO = (
    "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n"
    "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259] server CanonicalRequest is [PUT\n"
    f"/api/v1/pipelineruns\n\nhost:paiflow.cn-hangzhou.aliyuncs.com\nx-acs-accesskey-id:{KEY_ID}\n"
    f"x-acs-security-token:{TOKEN}\n\nhost;x-acs-accesskey-id;x-acs-security-token\ne3b0c442]"
)

GATEWAY_PAGE = b"""<html>\r
<head><title>502 Bad Gateway</title><style>h1 { color: red }</style></head>\r
<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body>\r
</html>"""

WAITED = WaitResult([Waited(id="flow-a", status="Failed", outcome="failed", since=datetime(2021, 1, 21, tzinfo=UTC))])

EVERY_ERROR = [
    ConfigurationError("no endpoint"),
    CredentialsError("no credentials"),
    TransportError(OPERATION, "connection refused", 4),
    UnexpectedReply(OPERATION, 200, "<html>", REQUEST_ID, "not JSON"),
    *[
        kind(OPERATION, 400, "Code", "words", REQUEST_ID, "https://example.com", 1.5, 3)
        for kind in (ServiceError, Throttled, AccessDenied, NotFound, InvalidRequest, ServerFault)
    ],
    *[kind("1 of 1 ended badly: flow-a Failed", WAITED) for kind in (WaitError, WaitFailed, WaitTimedOut)],
]


def reply(status: int, content: object = b"", headers: Mapping[str, str] | None = None) -> ServiceError:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return service_error(OPERATION, status, headers or {}, body, attempts=1, now=NOW)


# The tree


def test_everything_that_is_exported_derives_from_one_class() -> None:
    kinds = {getattr(errors, name) for name in errors.__all__}

    assert {type(error) for error in EVERY_ERROR} == kinds - {PaiFlowError}
    assert all(issubclass(kind, PaiFlowError) for kind in kinds)


@pytest.mark.parametrize(
    ("expected", "kind"),
    [
        (2, ConfigurationError),
        (7, CredentialsError),
        (8, TransportError),
        (8, ServiceError),
        (6, Throttled),
        (7, AccessDenied),
        (8, NotFound),
        (8, InvalidRequest),
        (8, ServerFault),
        (8, UnexpectedReply),
        (8, WaitError),
        (1, WaitFailed),
        (5, WaitTimedOut),
    ],
)
def test_the_exit_code_is_an_attribute_of_the_class(expected: object, kind: type[PaiFlowError]) -> None:
    assert expected == kind.exit_code


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("carried", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy], ids=["pickle", "copy"])
def test_an_error_crosses_a_process_pool_whole(
    error: PaiFlowError, carried: Callable[[PaiFlowError], PaiFlowError]
) -> None:
    error.add_note("seen in the pool")

    arrived = carried(error)

    assert type(error) is type(arrived)
    assert vars(error) == vars(arrived)
    assert (str(error), repr(error)) == (str(arrived), repr(arrived))


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_the_arguments_of_an_error_are_its_attributes_or_begin_with_its_words(error: PaiFlowError) -> None:
    attributes = tuple(value for name, value in vars(error).items() if name != "__notes__")

    assert error.args in (attributes, (str(error), *attributes))


def test_an_error_of_a_wait_has_the_result_and_any_other_has_none() -> None:
    assert WAITED is WaitTimedOut("1 of 1 have not ended", WAITED).result
    assert "1 of 1 have not ended" == str(WaitTimedOut("1 of 1 have not ended", WAITED))
    assert PaiFlowError("other").result is None


# Their words


def test_a_message_names_operation_status_code_words_and_request_id() -> None:
    error = InvalidRequest(OPERATION, 400, "MissingParameter", "PipelineRuns or Nodes is mandatory.", REQUEST_ID)

    expected = (
        f"ListPipelineRunsStatus: 400 MissingParameter: PipelineRuns or Nodes is mandatory (request id {REQUEST_ID})."
    )
    assert expected == str(error)


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        ("Op: 502 Bad Gateway.", ServerFault("Op", 502, message="502 Bad Gateway")),
        ("Op: 503: the reply has no body.", ServerFault("Op", 503, message="the reply has no body")),
        ("Op: 400 Throttling (request id R).", Throttled("Op", 400, "Throttling", "", "R")),
        ("Op: not sent: give a run or a node.", InvalidRequest("Op", message="give a run or a node")),
        ("Op: no reply in 1 attempt: connection refused.", TransportError("Op", "connection refused")),
        ("Op: no reply in 4 attempts: timed out.", TransportError("Op", "timed out", 4)),
        (
            "Op: 200, unexpected reply: not JSON; it begins: <html> (request id R).",
            UnexpectedReply("Op", 200, "<html>", "R", "not JSON"),
        ),
        ("Op: 200, unexpected reply: the body is empty.", UnexpectedReply("Op", 200, "", None, "the body is empty")),
    ],
)
def test_a_message_leaves_out_what_is_not_known(expected: object, error: PaiFlowError) -> None:
    assert expected == str(error)


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        (
            "Throttled(operation='Op', status=429, message='slow down', retry_after=1.5, attempts=4)",
            Throttled("Op", 429, None, "slow down", retry_after=1.5, attempts=4),
        ),
        (
            "TransportError(operation='Op', reason='connection refused', attempts=1)",
            TransportError("Op", "connection refused"),
        ),
        (
            "UnexpectedReply(operation='Op', status=200, excerpt='[]', reason='not an object')",
            UnexpectedReply("Op", 200, "[]", None, "not an object"),
        ),
    ],
)
def test_a_repr_names_its_values(expected: object, error: PaiFlowError) -> None:
    assert expected == repr(error)


# Which error a reply stands for


@pytest.mark.parametrize(
    ("expected", "status", "code"),
    [
        (Throttled, 400, "Throttling"),
        (Throttled, 400, "Throttling.User"),
        (Throttled, 503, "Throttling.Api"),
        (Throttled, 429, "Anything"),
        (Throttled, 429, None),
        (AccessDenied, 401, None),
        (AccessDenied, 403, None),
        (AccessDenied, 403, "CodeNobodyListed"),
        (AccessDenied, 400, "Forbidden.RAM"),
        (AccessDenied, 400, "NoPermission"),
        (AccessDenied, 404, "InvalidAccessKeyId.NotFound"),
        (AccessDenied, 400, "InvalidAccessKeyId.Inactive"),
        (AccessDenied, 400, "SignatureDoesNotMatch"),
        (AccessDenied, 400, "IncompleteSignature"),
        (AccessDenied, 400, "SignatureNonceUsed"),
        (AccessDenied, 400, "InvalidTimeStamp.Expired"),
        (AccessDenied, 400, "InvalidTimeStamp.Format"),
        (AccessDenied, 400, "MissingSecurityToken"),
        (AccessDenied, 400, "InvalidSecurityToken.Expired"),
        (NotFound, 404, "InvalidApi.NotFound"),
        (NotFound, 404, None),
        (InvalidRequest, 400, "MissingParameter"),
        (InvalidRequest, 400, "InvalidParameter"),
        (InvalidRequest, 400, None),
        (InvalidRequest, 415, None),
        (ServerFault, 500, "InternalError"),
        (ServerFault, 503, "Forbidden"),
        (ServerFault, 502, None),
        (ServiceError, 302, None),
    ],
)
def test_status_and_code_decide_the_class(expected: object, status: int, code: str | None) -> None:
    error = reply(status, {} if code is None else {"Code": code, "Message": "words"})

    assert expected is type(error)
    assert (status, code) == (error.status, error.code)


def test_the_service_s_own_words_are_kept() -> None:
    content = {
        "RequestId": REQUEST_ID,
        "HostId": "paiflow.cn-hangzhou.aliyuncs.com",
        "Code": "InvalidParameter",
        "Message": "Specified parameter OutputType is not valid.",
        "Recommend": "https://next.api.aliyun.com/troubleshoot?q=InvalidParameter&product=PAIFlow",
    }

    error = service_error(OPERATION, 400, {}, json.dumps(content).encode(), attempts=2, now=NOW)

    expected = InvalidRequest(
        OPERATION,
        400,
        "InvalidParameter",
        "Specified parameter OutputType is not valid.",
        REQUEST_ID,
        "https://next.api.aliyun.com/troubleshoot?q=InvalidParameter&product=PAIFlow",
        None,
        2,
    )
    assert expected.args == error.args


def test_lower_case_keys_are_read_too() -> None:
    error = reply(400, {"code": "MissingParameter", "message": "PipelineRuns is mandatory", "requestId": REQUEST_ID})

    assert ("MissingParameter", "PipelineRuns is mandatory", REQUEST_ID) == (
        error.code,
        error.message,
        error.request_id,
    )


def test_the_service_s_xml_is_read_too() -> None:
    content = (
        b"<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>3F9A</RequestId>"
        b"<Code>Throttling.User</Code><Message>Request was denied due to user &amp; flow control.</Message></Error>"
    )

    error = reply(400, content)

    assert Throttled is type(error)
    assert ("3F9A", "Request was denied due to user & flow control.") == (error.request_id, error.message)


def test_the_request_id_is_in_the_header_when_the_body_has_none() -> None:
    error = reply(502, GATEWAY_PAGE, httpx.Headers({"X-Acs-Request-Id": REQUEST_ID}))

    assert REQUEST_ID == error.request_id


def test_a_gateway_s_page_gives_its_title() -> None:
    assert "ListPipelineRunsStatus: 502 Bad Gateway." == str(reply(502, GATEWAY_PAGE))


@pytest.mark.parametrize(
    ("expected", "content"),
    [
        ("the reply has no body", b""),
        ("the reply has no body", b" \r\n"),
        ("the reply's body has no words", b"<html><!-- proxy --></html>"),
        ("upstream connect error", b"upstream connect error"),
        ("<5 seconds left", b"<5 seconds left"),
        ("Oops try later", b"<style>p{}</style><p>Oops<br/>try   later<script>alert(1)</script>"),
        ("A & B", b"<p>A &amp; B</p>"),
        ("[]", b"[]"),
        ('{"Code": ["a"], "Message": {"b": 1}}', b'{"Code": ["a"], "Message": {"b": 1}}'),
        ('{"Code": "Trunc', b'{"Code": "Trunc'),
        ("\ufffd\ufffd not text", b"\xff\xfe not text"),
    ],
)
def test_a_body_that_is_not_the_service_s_gives_an_excerpt(expected: object, content: object) -> None:
    error = reply(400, content)

    assert expected == error.message
    assert (None, None) == (error.code, error.request_id)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[" * 200_000, id="lists without end"),
        pytest.param(b'{"Code":' * 100_000, id="objects without end"),
        pytest.param(b'{"Code": ' + b"9" * 10_000 + b"}", id="a number of thousands of digits"),
        pytest.param(b'{"Code": "' + b"x" * 2_000_000 + b'"}', id="a code of megabytes"),
        pytest.param(b'{"Message": "' + b" " * 500_000 + b'x"}', id="blanks"),
        pytest.param(b'{"Message": "' + b"string to" * 100_000 + b'"}', id="nearly an echo"),
        pytest.param(b'{"Code": "\\ud800", "Message": "\\udfff"}', id="lone surrogates"),
        pytest.param(b"<" * 2_000_000, id="tags without end"),
        pytest.param(b"<Code>" * 50_000, id="fields without end"),
        pytest.param(b"<script>" * 50_000, id="scripts without end"),
    ],
)
def test_no_body_is_too_much(content: object) -> None:
    error = reply(500, content)

    assert ServerFault is type(error)
    assert len(str(error).encode()) < 8000


def test_a_body_too_large_for_an_error_of_the_service_is_not_parsed() -> None:
    padding = {"Padding": "x" * (1 << 16)}

    assert reply(400, {"Code": "MissingParameter"} | padding).code is None


def test_numbers_serve_as_code_and_message_and_a_true_does_not() -> None:
    error = reply(400, {"Code": 17, "Message": 0, "RequestId": True})

    assert ("17", "0", None) == (error.code, error.message, error.request_id)


def test_a_code_without_words_stands_alone() -> None:
    assert "ListPipelineRunsStatus: 400 Throttling." == str(reply(400, {"Code": "Throttling"}))


def test_a_long_message_is_cut_with_a_sign_of_it() -> None:
    assert "x" * 500 + "…" == reply(400, {"Message": "x" * 600}).message
    assert "x" * 500 == reply(400, {"Message": "x" * 500}).message


def test_control_characters_are_escaped() -> None:
    error = reply(400, {"Code": "A\x1b[31m", "Message": "two\nlines\u202e\x07", "RequestId": "R\r1"})

    assert r"ListPipelineRunsStatus: 400 A\x1b[31m: two\nlines\u202e\x07 (request id R\r1)." == str(error)


# When to call again


@pytest.mark.parametrize(
    ("expected", "headers"),
    [
        (None, {}),
        (1.5, {"x-acs-retry-after": "1500"}),
        (1.5, {"X-Acs-Retry-After": "1500", "Retry-After": "7"}),
        (7.0, {"Retry-After": "7"}),
        (0.0, {"Retry-After": "0"}),
        (7.0, {"x-acs-retry-after": "0", "Retry-After": "7"}),
        (7.0, {"x-acs-retry-after": "soon", "Retry-After": "7"}),
        (90.0, {"Retry-After": "Wed, 21 Oct 2015 07:29:30 GMT"}),
        (0.0, {"Retry-After": "Wed, 21 Oct 2015 07:00:00 GMT"}),
        (90.0, {"Retry-After": "Wed, 21 Oct 2015 09:29:30 +0200"}),
        (None, {"Retry-After": "-1"}),
        (None, {"Retry-After": "inf"}),
        (None, {"Retry-After": "1_000"}),
        (None, {"Retry-After": "9" * 5000}),
        (None, {"Retry-After": "٣"}),
        (None, {"Retry-After": "Wed, 99 Oct 99999 07:29:30 GMT"}),
        (None, {"x-acs-retry-after": "-5"}),
    ],
)
def test_retry_after_is_in_seconds_whoever_says_it(expected: object, headers: dict[str, str]) -> None:
    assert expected == reply(503, b"", headers).retry_after


# No secret


def holds_a_secret(error: Exception) -> bool:
    return any(secret in f"{error} {error!r} {error.args}" for secret in (TOKEN, TOKEN[:12], KEY_ID, "7ea06492"))


@pytest.mark.parametrize(
    "content",
    [
        {"Code": "SignatureDoesNotMatch", "Message": SIGNATURE_ECHO},
        {"code": "SignatureDoesNotMatch", "message": SIGNATURE_ECHO},
        {"Code": "IncompleteSignature", "Message": SIGNATURE_ECHO},
        {"Code": "SignatureDoesNotMatch", "Message": SIGNATURE_ECHO[52:]},
        {"error": SIGNATURE_ECHO},
        SIGNATURE_ECHO,
        SIGNATURE_ECHO.encode(),
        f"<html><body>{SIGNATURE_ECHO}</body></html>".encode(),
        f"<Error><Code>SignatureDoesNotMatch</Code><Message>{SIGNATURE_ECHO}</Message></Error>".encode(),
    ],
    ids=["upper", "lower", "other code", "echo only", "other key", "string", "text", "html", "xml"],
)
def test_the_echo_of_the_canonical_request_is_cut_out(content: object) -> None:
    error = reply(400, content)

    assert not holds_a_secret(error)


def test_a_wrong_signature_says_that_it_is_one_and_what_to_check() -> None:
    error = reply(400, {"Code": "SignatureDoesNotMatch", "Message": SIGNATURE_ECHO, "RequestId": "R"})

    expected = (
        "ListPipelineRunsStatus: 400 SignatureDoesNotMatch: Specified signature does not match our calculation. "
        "Check the access key secret, and that nothing on the way rewrites the request (request id R)."
    )
    assert expected == str(error)


@pytest.mark.parametrize(
    "text",
    [
        f"x-acs-security-token:{TOKEN}",
        f"X-Acs-Security-Token: {TOKEN} is expired",
        f"SecurityToken={TOKEN}&Action=X",
        f"x-acs-security-token%3A{TOKEN}",
        f'{{"security_token": "{TOKEN}"}}',
        f"line\\nx-acs-security-token:{TOKEN}",
        f'{{\\"x-acs-security-token\\": \\"{TOKEN}\\"}}',
        f"{{'AccessKeySecret': '{TOKEN}'}}",
        f"AccessKeyId={KEY_ID}",
        f"Authorization: ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders=host,Signature=7ea06492",
        f"Credential={KEY_ID},SignedHeaders=host,Signature=7ea06492",
        f"Authorization: acs {KEY_ID}:7ea06492",
        f"Specified access key {KEY_ID} is not found",
        f"<AccessKeySecret>{TOKEN}</AccessKeySecret>",
        f"{{'Authorization': 'acs {KEY_ID}:7ea06492'}}",
        f'{{"sts_token": "{TOKEN}", "refresh_token": "{TOKEN}"}}',
        f"X-aliyun-ecs-metadata-token : {TOKEN}",
    ],
)
@pytest.mark.parametrize("field", ["Message", "Recommend", "Code", "RequestId"])
def test_a_secret_is_redacted_wherever_it_is_quoted(field: str, text: str) -> None:
    error = reply(400, {"Code": "Other", field: text})

    assert not holds_a_secret(error)
    assert "[redacted]" in repr(error)


def test_words_about_signatures_and_tokens_are_kept() -> None:
    words = "The signature, the credential and the security token you gave are not valid for this access key id."

    assert words == reply(400, {"Code": "Other", "Message": words}).message


def test_an_excerpt_is_one_short_line_without_secrets() -> None:
    body = b"first\r\n\tsecond \x1b[0m " + f"x-acs-security-token: {TOKEN} ".encode() + b"y" * 5000

    shown = excerpt(body)

    assert shown.startswith(r"first second \x1b[0m x-acs-security-token: [redacted] yyy")
    assert 201 + len(r"\x1b") - 1 == len(shown)


@pytest.mark.parametrize("code", ["Forbidden", "Forbidden.RAM", "NoPermission", "AccessDenied", None])
def test_a_missing_permission_is_named(code: str | None) -> None:
    content = b"" if code is None else json.dumps({"Code": code}).encode()
    error = service_error("Op", 403, {}, content, attempts=1, now=0, ram_action="paiflow:Op")

    assert "paiflow:Op" == error.ram_action
    assert "; it needs the permission paiflow:Op." in str(error)


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "InvalidAccessKeyId.NotFound"), (400, "SignatureDoesNotMatch"), (403, "InvalidSecurityToken"), (404, "X")],
)
def test_no_permission_is_named_where_another_thing_is_wrong(status: int, code: str) -> None:
    content = json.dumps({"Code": code}).encode()
    error = service_error("Op", status, {}, content, attempts=1, now=0, ram_action="paiflow:Op")

    assert error.ram_action is None
    assert "permission" not in str(error)


@pytest.mark.parametrize("code", ["200200004", 200200004], ids=["text", "number"])
@pytest.mark.parametrize("status", [200, 400, 403, 404])
def test_paiflow_s_own_number_of_a_pipeline_that_is_not_there_is_not_found(status: int, code: object) -> None:
    content = json.dumps({"Code": code, "Message": "no such pipeline"}).encode()
    error = service_error("GetPipeline", status, {}, content, attempts=1, now=0)

    assert (NotFound, "200200004") == (type(error), error.code)
