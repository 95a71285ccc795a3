"""Who gets in: one way to sign a request right, and every way to get it wrong."""

import json
from hashlib import sha256

import pytest
from mock.calls import (
    LASTING,
    NOW,
    PATH,
    RUN,
    TEMPORARY,
    answer,
    message,
    new_service,
    refusal,
    signed,
    signed_headers,
    signed_over,
    with_header,
)

from paiflow.credentials import Credentials
from paiflow.mock import HandClock, MockService, Request
from paiflow.mock.description import effective_description
from paiflow.mock.operations import ROWS
from paiflow.signing import authorization, canonical_request, signature, string_to_sign


def test_every_operation_of_the_description_has_a_row():
    assert set(effective_description().operations) == set(ROWS)


@pytest.mark.parametrize("credentials", [LASTING, TEMPORARY], ids=["lasting", "temporary"])
def test_a_request_signed_right_is_answered(service, credentials):
    answer(service.handle(signed(credentials=credentials)))


def test_without_accounts_the_service_makes_up_a_lasting_pair_of_its_own():
    first, second = MockService(clock=HandClock(NOW)), MockService(clock=HandClock(NOW))

    assert first.credentials != second.credentials
    assert first.credentials.security_token is None
    answer(first.handle(signed(credentials=first.credentials)))
    assert (404, "InvalidAccessKeyId.NotFound") == refusal(second.handle(signed(credentials=first.credentials)))


def test_names_of_headers_are_taken_in_any_case(service):
    request = signed()
    shouted = [(name.title(), f" {value}\t") for name, value in request.headers]

    answer(service.handle(Request(request.method, request.path, request.query, shouted, request.body)))


def test_more_headers_may_be_signed_as_by_the_vendor_s_sdk(service):
    request = signed(headers=[("user-agent", "AlibabaCloud (Linux; x86_64)")])

    answer(service.handle(signed_over(request, signed_headers(request) | {"accept", "user-agent"})))


@pytest.mark.parametrize(
    "path", [b"/", b"/api/v1/pipelineruns/", b"//api/v1/pipelineruns", b"/api/v1/runs", b"/API/v1/pipelineruns", b"*"]
)
def test_another_path_is_not_found(service, path):
    assert (404, "InvalidApi.NotFound") == refusal(service.handle(signed(path=path)))


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "put"])
def test_another_method_is_not_allowed_and_the_reply_says_which_are(service, method):
    reply = service.handle(signed(method=method))

    assert (405, "UnsupportedHTTPMethod") == refusal(reply)
    assert "GET, PUT, POST" == dict(reply.headers)["allow"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("x-acs-version", None, (400, "MissingVersion")),
        ("x-acs-version", "", (400, "MissingVersion")),
        ("x-acs-version", "2021-02-04", (400, "InvalidVersion")),
        ("x-acs-action", None, (400, "MissingAction")),
        ("x-acs-action", "listpipelinerunsstatus", (400, "InvalidAction")),
        ("authorization", None, (400, "IncompleteSignature")),
        ("authorization", "", (400, "IncompleteSignature")),
        ("authorization", "Bearer token", (400, "IncompleteSignature")),
        ("authorization", "acs ExampleKeyId:c2lnbmF0dXJl", (400, "IncompleteSignature")),
        ("authorization", "ACS3-HMAC-SM3 Credential=a,SignedHeaders=host,Signature=b", (400, "IncompleteSignature")),
        ("x-acs-date", None, (400, "MissingTimeStamp")),
        ("x-acs-date", "2025-09-15T08:30:00", (400, "InvalidTimeStamp.Format")),
        ("x-acs-date", "2025-09-15T08:30:00.000Z", (400, "InvalidTimeStamp.Format")),
        ("x-acs-date", "2025-09-15T08:30:00+00:00", (400, "InvalidTimeStamp.Format")),
        ("x-acs-date", "2025-13-15T08:30:00Z", (400, "InvalidTimeStamp.Format")),
        ("x-acs-date", "0000-09-15T08:30:00Z", (400, "InvalidTimeStamp.Format")),
        ("x-acs-date", "２０２５-09-15T08:30:00Z", (400, "InvalidTimeStamp.Format")),
        ("x-acs-date", "Mon, 15 Sep 2025 08:30:00 GMT", (400, "InvalidTimeStamp.Format")),
        ("x-acs-signature-nonce", None, (400, "MissingSignatureNonce")),
        ("x-acs-content-sha256", None, (400, "MissingContentSha256")),
    ],
)
def test_a_header_that_is_missing_or_not_of_its_form_has_a_code_of_its_own(service, name, value, expected):
    assert expected == refusal(service.handle(with_header(signed(), name, value)))


def test_a_request_without_a_signature_is_refused(service):
    bare = Request("PUT", PATH, b"", [("host", "localhost"), ("content-type", "application/json")], b"{}")

    assert (400, "MissingVersion") == refusal(service.handle(bare))


def test_an_unknown_access_key_is_refused_even_with_a_right_secret(service):
    stranger = Credentials("ExampleKeyId2", LASTING.access_key_secret)

    assert (404, "InvalidAccessKeyId.NotFound") == refusal(service.handle(signed(credentials=stranger)))


def test_an_account_can_be_taken_away(service):
    answer(service.handle(signed()))
    del service.accounts[LASTING.access_key_id]

    assert (404, "InvalidAccessKeyId.NotFound") == refusal(service.handle(signed()))


def test_a_wrong_secret_is_refused_and_the_reply_echoes_what_the_server_signed(service):
    request = signed(credentials=Credentials(LASTING.access_key_id, "AnotherSecret"))
    canonical = canonical_request(
        request.method,
        request.path,
        request.query,
        request.headers,
        signed_headers(request),
        dict(request.headers)["x-acs-content-sha256"],
    )

    reply = service.handle(request)

    assert (400, "SignatureDoesNotMatch") == refusal(reply)
    assert (
        "Specified signature does not match our calculation. "
        f"server StringToSign is [{string_to_sign(canonical)}] server CanonicalRequest is [{canonical}]"
    ) == message(reply)


@pytest.mark.parametrize("change", ["body", "query", "nonce", "date", "host", "content-type", "extra", "signature"])
def test_what_is_changed_after_signing_is_refused(service, change):
    request = signed(headers=[("x-acs-extra", "1")], query=b"a=1")
    match change:
        case "body":
            request = Request("PUT", PATH, request.query, request.headers, request.body + b" ")
        case "query":
            request = Request("PUT", PATH, b"a=2", request.headers, request.body)
        case "nonce":
            request = with_header(request, "x-acs-signature-nonce", "another")
        case "date":
            request = with_header(request, "x-acs-date", "2025-09-15T08:30:01Z")
        case "host":
            request = with_header(request, "host", "paiflow.cn-hangzhou.aliyuncs.com")
        case "content-type":
            request = with_header(request, "content-type", "application/json;charset=utf-8")
        case "extra":
            request = with_header(request, "x-acs-extra", "2")
        case "signature":
            value = dict(request.headers)["authorization"]
            request = with_header(request, "authorization", value[:-1] + ("0" if value[-1] != "0" else "1"))

    assert (400, "SignatureDoesNotMatch") == refusal(service.handle(request))


def test_a_query_is_ignored_but_signed(service):
    answer(service.handle(signed(query=b"b=a+b&a=%2a&c")))


def test_a_signature_for_another_path_does_not_hold_here(service):
    request = signed(path=PATH + b"/x")

    moved = Request("PUT", PATH, b"", request.headers, request.body)

    assert (400, "SignatureDoesNotMatch") == refusal(service.handle(moved))


def test_a_signature_for_another_method_does_not_hold_here(service):
    request = signed(method="POST")

    moved = Request("PUT", PATH, b"", request.headers, request.body)

    assert (400, "SignatureDoesNotMatch") == refusal(service.handle(moved))


def test_a_swapped_body_is_refused_and_the_echo_has_the_hash_of_what_came(service):
    other = b'{"PipelineRuns":["flow-other"]}'
    reply = service.handle(Request("PUT", PATH, b"", signed().headers, other))

    assert (400, "SignatureDoesNotMatch") == refusal(reply)
    assert f"{sha256(other).hexdigest()}]" in message(reply)


def test_a_wrong_hash_of_the_body_is_refused_though_the_signature_holds(service):
    """Whether the signature was made with the hash announced or with the right one."""
    announced = signed_over(with_header(signed(), "x-acs-content-sha256", "0" * 64), DUE)

    assert (400, "SignatureDoesNotMatch") == refusal(service.handle(announced))
    assert (400, "SignatureDoesNotMatch") == refusal(service.handle(lying_about_the_body()))


def lying_about_the_body() -> Request:
    """Return a request signed with the hash of its body, whose header has another."""
    request = with_header(signed(), "x-acs-content-sha256", "0" * 64)
    actual = sha256(request.body).hexdigest()
    canonical = canonical_request("PUT", PATH, b"", request.headers, DUE, actual)
    value = signature(LASTING.access_key_secret, string_to_sign(canonical))
    return with_header(request, "authorization", authorization(LASTING.access_key_id, sorted(DUE), value))


DUE = {
    "content-type",
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
}


def test_the_headers_that_must_be_signed_are_those_that_sign_signs(service):
    assert signed_headers(signed()) == DUE
    answer(service.handle(signed_over(signed(), DUE)))


@pytest.mark.parametrize("left_out", sorted(DUE))
def test_a_signature_over_fewer_headers_is_refused_though_it_holds(service, left_out):
    reply = service.handle(signed_over(signed(), DUE - {left_out}))

    assert (400, "IncompleteSignature") == refusal(reply)
    assert left_out in message(reply)


def test_any_x_acs_header_that_is_sent_must_be_signed(service):
    request = signed_over(signed(), DUE)

    added = with_header(request, "x-acs-later", "1")

    assert (400, "IncompleteSignature") == refusal(service.handle(added))


def test_a_token_that_is_not_signed_is_refused(service):
    request = signed_over(signed(credentials=TEMPORARY), DUE, TEMPORARY)

    assert (400, "IncompleteSignature") == refusal(service.handle(request))


def test_a_header_that_is_signed_but_not_sent_is_refused(service):
    request = with_header(signed_over(signed(headers=[("x-extra", "1")]), DUE | {"x-extra"}), "x-extra", None)

    assert (400, "IncompleteSignature") == refusal(service.handle(request))


def test_content_type_need_not_be_signed_where_there_is_no_body(service):
    request = signed(body=b"")
    assert "content-type" not in signed_headers(request)

    assert (400, "MissingParameter") == refusal(service.handle(request))


@pytest.mark.parametrize("name", sorted([*DUE, "authorization", "x-acs-later"]))
@pytest.mark.parametrize("same", [True, False], ids=["same", "another"])
def test_a_header_that_decides_may_not_come_twice(service, name, same):
    """The signature holds: it is over both values, joined."""
    request = signed(headers=[("x-acs-later", "1")])
    again = (name.title(), dict(request.headers)[name] if same else "2025-09-15T08:30:00Z")
    doubled = Request("PUT", PATH, b"", [again, *request.headers], request.body)

    reply = service.handle(signed_over_lines(doubled) if name != "authorization" else doubled)

    assert (400, "InvalidParameter") == refusal(reply)
    assert name in message(reply)


def signed_over_lines(request: Request) -> Request:
    """Return the request signed right over all its lines, those of one name joined."""
    return signed_over(request, signed_headers(request))


@pytest.mark.parametrize("seconds", [-900, -899, 0, 899, 900])
def test_a_date_within_15_minutes_is_taken_both_ways(service, seconds):
    answer(service.handle(signed(now=NOW + seconds)))


@pytest.mark.parametrize("seconds", [-86_400, -901, 901, 86_400])
def test_a_date_further_off_is_expired_both_ways(service, seconds):
    assert (400, "InvalidTimeStamp.Expired") == refusal(service.handle(signed(now=NOW + seconds)))


def test_the_service_s_clock_counts_to_the_fraction_of_a_second():
    assert (400, "InvalidTimeStamp.Expired") == refusal(new_service(NOW + 0.5).handle(signed(now=NOW - 900)))


def test_a_temporary_key_needs_its_token(service):
    pair = Credentials(TEMPORARY.access_key_id, TEMPORARY.access_key_secret)

    assert (400, "MissingSecurityToken") == refusal(service.handle(signed(credentials=pair)))


@pytest.mark.parametrize("key", [LASTING, TEMPORARY], ids=["lasting", "temporary"])
def test_a_token_that_is_not_the_key_s_is_refused(service, key):
    credentials = Credentials(key.access_key_id, key.access_key_secret, "AnotherToken")

    reply = service.handle(signed(credentials=credentials))

    assert (400, "InvalidSecurityToken.MismatchWithAccessKey") == refusal(reply)


def test_a_replayed_request_is_refused(service):
    request = signed()
    answer(service.handle(request))

    assert (400, "SignatureNonceUsed") == refusal(service.handle(request))


def test_a_nonce_is_used_up_for_its_own_access_key_only(service):
    answer(service.handle(signed(nonce="once")))
    answer(service.handle(signed(nonce="once", credentials=TEMPORARY)))

    assert (400, "SignatureNonceUsed") == refusal(service.handle(signed({"PipelineRuns": ["other"]}, nonce="once")))


def test_a_forged_request_does_not_use_up_a_nonce(service):
    forged = signed(nonce="once", credentials=Credentials(LASTING.access_key_id, "AnotherSecret"))
    assert (400, "SignatureDoesNotMatch") == refusal(service.handle(forged))

    answer(service.handle(signed(nonce="once")))


def test_a_nonce_is_used_up_by_a_request_whose_body_is_refused(service):
    assert (400, "MissingParameter") == refusal(service.handle(signed({}, nonce="once")))

    assert (400, "SignatureNonceUsed") == refusal(service.handle(signed(nonce="once")))


def test_a_request_from_the_future_cannot_be_replayed_while_its_date_is_good():
    clock = HandClock(NOW)
    service = MockService([LASTING], clock=clock)
    request = signed(now=NOW + 900)
    answer(service.handle(request))

    clock.advance(1800)

    assert (400, "SignatureNonceUsed") == refusal(service.handle(request))


def test_an_error_names_the_host_that_was_asked_and_where_to_read_on(service):
    parsed = json.loads(service.handle(signed({})).body)

    assert "127.0.0.1:8080" == parsed["HostId"]
    assert "https://next.api.aliyun.com/troubleshoot?q=MissingParameter&product=PAIFlow" == parsed["Recommend"]


def test_the_documented_run_is_named_by_nobody_who_is_not_let_in(service):
    reply = service.handle(with_header(signed(), "authorization", None))

    assert RUN.encode() not in reply.body
