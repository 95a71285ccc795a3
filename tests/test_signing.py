"""Signing: each stage against recorded vectors, then the auth that drives them."""

import asyncio
import hmac
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paiflow.credentials import Credentials
from paiflow.errors import CredentialsError
from paiflow.signing import (
    SignatureAuth,
    authorization,
    canonical_query,
    canonical_request,
    canonical_uri,
    parse_authorization,
    sign,
    signature,
    string_to_sign,
)

Vector = dict[str, Any]

VECTORS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).with_name("signing_vectors").glob("*.json"))
}
MINIMAL = {name: vector for name, vector in VECTORS.items() if vector["signed_header_policy"] == "minimal"}

URL = "https://paiflow.cn-hangzhou.aliyuncs.com/api/v1/pipelineruns"
PAIR = Credentials("ExampleKeyId", "ExampleSecret")
TEMPORARY = Credentials("STS.ExampleKeyId", "ExampleStsSecret", "Example+Sts/Token==")
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

each_vector = pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
each_minimal_vector = pytest.mark.parametrize("vector", MINIMAL.values(), ids=MINIMAL)


def auth(credentials: Credentials = PAIR, **replaced: Any) -> SignatureAuth:
    """Return an auth whose clock stands still and whose nonces are 1, 2, 3, …"""
    nonces = map(str, count(1))
    seams: dict[str, Any] = {"clock": lambda: 1_757_925_000.0, "nonce": lambda: next(nonces)} | replaced
    return SignatureAuth("ListPipelineRunsStatus", "2021-02-02", lambda: credentials, **seams)


def signed(request: httpx.Request, signer: SignatureAuth) -> httpx.Request:
    """Return the request as the auth lets it go, having seen that it wants nothing more."""
    flow = signer.auth_flow(request)
    sent = next(flow)
    with pytest.raises(StopIteration):
        flow.send(httpx.Response(200))
    return sent


def signed_headers(request: httpx.Request) -> tuple[str, ...]:
    return parse_authorization(request.headers["authorization"])[1]


def holds(request: httpx.Request, credentials: Credentials) -> bool:
    """Return whether the signature is right, as a server would find out."""
    access_key_id, names, given = parse_authorization(request.headers["authorization"])
    path, _, query = request.url.raw_path.partition(b"?")
    canonical = canonical_request(
        request.method, path, query, request.headers.multi_items(), names, sha256(request.content).hexdigest()
    )
    return access_key_id == credentials.access_key_id and hmac.compare_digest(
        given, signature(credentials.access_key_secret, string_to_sign(canonical))
    )


# The vectors, stage by stage


def wire_query(vector: Vector) -> bytes:
    return httpx.URL(vector["signed_url_official"]).query


def test_the_vectors_are_there() -> None:
    assert {"published", "put_json_body_minimal", "put_json_body_sdk_full"} < VECTORS.keys()
    assert {"get_query_encoding_minimal", "put_sts_token_sdk_full"} < VECTORS.keys()


@each_vector
def test_the_body_is_hashed_as_sent(vector: Vector) -> None:
    assert vector["body_sha256"] == sha256(vector["body_utf8"].encode()).hexdigest()


@each_vector
def test_the_canonical_request_is_the_vendor_s(vector: Vector) -> None:
    canonical = canonical_request(
        vector["method"],
        vector["canonical_uri"].encode(),
        wire_query(vector),
        vector["headers"].items(),
        vector["headers"],
        vector["body_sha256"],
    )

    assert vector["canonical_request"] == canonical
    assert vector["hashed_canonical_request"] == sha256(canonical.encode()).hexdigest()


@each_vector
def test_the_string_to_sign_is_the_vendor_s(vector: Vector) -> None:
    assert vector["string_to_sign"] == string_to_sign(vector["canonical_request"])


@each_vector
def test_the_authorization_is_the_vendor_s(vector: Vector) -> None:
    value = signature(vector["access_key_secret"], vector["string_to_sign"])

    assert vector["authorization"] == authorization(vector["access_key_id"], sorted(vector["headers"]), value)


@each_vector
def test_an_authorization_is_taken_apart_as_it_was_put_together(vector: Vector) -> None:
    assert vector["authorization"] == authorization(*parse_authorization(vector["authorization"]))


def test_the_published_signature_is_reached() -> None:
    """The one example with fixed values in the vendor's own documentation."""
    vector = VECTORS["published"]

    headers = sign(
        "POST",
        b"/",
        b"ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
        [("host", "ecs.cn-shanghai.aliyuncs.com")],
        b"",
        credentials=Credentials("YourAccessKeyId", "YourAccessKeySecret"),
        action="RunInstances",
        version="2014-05-26",
        now=1_698_315_752.0,
        nonce="3156853299f313e23d1673dc12e1703d",
    )

    assert "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0" == headers["authorization"][-64:]
    assert vector["headers"] | {"authorization": vector["authorization"]} == headers | {"host": vector["host"]}


@each_minimal_vector
def test_the_auth_signs_a_request_like_the_vendor(vector: Vector) -> None:
    headers = vector["headers"]
    request = httpx.Request(
        vector["method"],
        vector["signed_url_official"],
        content=vector["body_utf8"].encode(),
        headers={"content-type": headers["content-type"]} if "content-type" in headers else None,
    )
    days = {"2023-10-26T10:22:32Z": 1_698_315_752.0, "2025-09-15T08:30:00Z": 1_757_925_000.0}
    signer = SignatureAuth(
        headers["x-acs-action"],
        headers["x-acs-version"],
        lambda: Credentials(vector["access_key_id"], vector["access_key_secret"]),
        clock=lambda: days[headers["x-acs-date"]],
        nonce=lambda: headers["x-acs-signature-nonce"],
    )

    sent = signed(request, signer)

    assert vector["authorization"] == sent.headers["authorization"]
    assert headers == {name: sent.headers[name] for name in headers}


# Path and query


@pytest.mark.parametrize(
    ("expected", "path"),
    [
        ("/", b""),
        ("/", b"/"),
        ("/api/v1/pipelineruns", b"/api/v1/pipelineruns"),
        ("/a%20b", b"/a%20b"),
        ("/a%2Fb/c", b"/a%2fb/c"),
        ("/%2A%3A%40~-._", b"/*:@~-._"),
        ("/%25zz", b"/%zz"),
        ("/a%2Bb", b"/a+b"),
        ("/%E5%90%8D", "/名".encode()),
        ("/%E5%90%8D", b"/%e5%90%8d"),
        ("/%FF", b"/%FF"),
        ("//a/", b"//a/"),
    ],
)
def test_a_path_is_encoded_once(expected: str, path: bytes) -> None:
    assert expected == canonical_uri(path)
    assert expected == canonical_uri(expected.encode())


@pytest.mark.parametrize(
    ("expected", "query"),
    [
        ("", b""),
        ("a=", b"a"),
        ("a=", b"a="),
        ("=a", b"=a"),
        ("a=b%3Dc", b"a=b=c"),
        ("a=1&b=2", b"b=2&&a=1&"),
        ("a=1&a=10&a=2", b"a=2&a=10&a=1"),
        ("a=b%20c", b"a=b+c"),
        ("a=b%2Bc", b"a=b%2Bc"),
        ("a=%2A~%2F%3F", b"a=*~/?"),
        ("A=1&B=2&a=3", b"a=3&B=2&A=1"),
        ("a=1&a-b=2&ab=3", b"ab=3&a-b=2&a=1"),
        ("~=1&%C3%A9=2", "é=2&~=1".encode()),
        ("a=%FF", b"a=%ff"),
    ],
)
def test_a_query_is_sorted_and_encoded_once(expected: str, query: bytes) -> None:
    assert expected == canonical_query(query)


TEXTS = st.text("aB9-._~=&%+ é", max_size=4)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_a_query_is_the_same_however_much_of_it_is_encoded(pairs: list[tuple[str, str]]) -> None:
    """One of which encoding changes nothing takes a shorter way."""
    usual = "&".join([f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs])
    escaped = "&".join(
        ["=".join(["".join([f"%{byte:02x}" for byte in part.encode()]) for part in pair]) for pair in pairs]
    )

    assert canonical_query(escaped.encode()) == canonical_query(usual.encode())


# Headers


def test_headers_are_signed_trimmed_in_lower_case_and_sorted_whatever_the_order_of_their_names() -> None:
    headers = [("X-Acs-B", " two words\t"), ("Host", "example.com"), ("X-ACS-A", "1"), ("accept", "unsigned")]

    canonical = canonical_request("GET", b"/", b"", headers, ("x-acs-b", "HOST", "x-acs-a"), EMPTY_SHA256)

    expected = f"GET\n/\n\nhost:example.com\nx-acs-a:1\nx-acs-b:two words\n\nhost;x-acs-a;x-acs-b\n{EMPTY_SHA256}"
    assert expected == canonical


def test_a_header_that_comes_twice_is_signed_once_with_its_values_sorted() -> None:
    headers = [("host", "example.com"), ("x-acs-a", "2"), ("X-Acs-A", " 1")]

    canonical = canonical_request("GET", b"/", b"", headers, {"x-acs-a"}, EMPTY_SHA256)

    assert f"GET\n/\n\nx-acs-a:1,2\n\nx-acs-a\n{EMPTY_SHA256}" == canonical


def test_a_header_to_sign_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="'x-acs-date' is not in the request"):
        canonical_request("GET", b"/", b"", [("host", "example.com")], ["host", "X-Acs-Date"], EMPTY_SHA256)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ACS3-HMAC-SHA256",
        "ACS3-HMAC-SM3 Credential=id,SignedHeaders=host,Signature=ab",
        "acs id:signature",
        "ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=ab",
        "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=,Signature=ab",
        "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host,Signature=",
        "ACS3-HMAC-SHA256 Credential=id, SignedHeaders=host, Signature=ab",
        "ACS3-HMAC-SHA256 SignedHeaders=host,Credential=id,Signature=ab",
        "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host,Signature=ab,",
        "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host,Signature=ab\n",
        "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host,Signature=é",
        "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host;,Signature=ab",
        "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host;Host,Signature=ab",
    ],
)
def test_an_authorization_of_another_form_is_an_error(value: str) -> None:
    with pytest.raises(ValueError, match=r"form|SignedHeaders") as caught:
        parse_authorization(value)

    assert "Signature=ab" not in str(caught.value)


def test_signed_headers_are_read_in_lower_case() -> None:
    value = "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=X-Acs-Date;Host,Signature=ab"

    assert ("id", ("x-acs-date", "host"), "ab") == parse_authorization(value)


# The auth, by hand


def test_what_is_signed_is_host_the_content_type_of_a_body_and_every_x_acs_header() -> None:
    request = httpx.Request("PUT", URL, json={}, headers={"X-Acs-Extra": "1", "Accept": "application/json"})

    sent = signed(request, auth(TEMPORARY))

    expected = (
        "content-type",
        "host",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-extra",
        "x-acs-security-token",
        "x-acs-signature-nonce",
        "x-acs-version",
    )
    assert expected == signed_headers(sent)
    assert holds(sent, TEMPORARY)


def test_without_a_body_there_is_no_content_type_to_sign() -> None:
    sent = signed(httpx.Request("GET", URL, headers={"Content-Type": "text/plain"}), auth())

    assert "content-type" not in signed_headers(sent)
    assert EMPTY_SHA256 == sent.headers["x-acs-content-sha256"]


def test_the_date_is_utc_to_the_second() -> None:
    sent = signed(httpx.Request("GET", URL), auth(clock=lambda: 1_757_925_000.999))

    assert "2025-09-15T08:30:00Z" == sent.headers["x-acs-date"]


@pytest.mark.parametrize(
    ("expected", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/a"),
        ("[::1]:8080", "http://[::1]:8080/a"),
        ("host.example", "https://host.example:443/a"),
        ("xn--hst-sna.example", "https://höst.example/a"),
    ],
)
def test_the_host_is_signed_as_sent(expected: str, url: str) -> None:
    sent = signed(httpx.Request("GET", url), auth())

    assert expected == sent.headers["host"]
    assert holds(sent, PAIR)


def test_a_host_that_the_caller_set_is_the_one_signed() -> None:
    sent = signed(httpx.Request("GET", URL, headers={"Host": "elsewhere.example"}), auth())

    assert ["elsewhere.example"] == sent.headers.get_list("host")
    assert holds(sent, PAIR)


def test_a_request_without_a_host_gets_one() -> None:
    request = httpx.Request("GET", "http://127.0.0.1:8080/a", stream=httpx.ByteStream(b""))
    request.read()

    sent = signed(request, auth())

    assert ["127.0.0.1:8080"] == sent.headers.get_list("host")
    assert holds(sent, PAIR)


def test_what_signing_decides_is_overwritten_in_any_case_and_number() -> None:
    stale = ["Authorization", "X-Acs-Action", "X-ACS-VERSION", "x-acs-date", "X-Acs-Signature-Nonce"]
    stale += ["x-acs-content-sha256", "X-Acs-Security-Token"]
    request = httpx.Request("PUT", URL, json={}, headers=[(name, "stale") for name in stale * 2])

    sent = signed(request, auth(TEMPORARY))

    assert [] == [name for name, value in sent.headers.multi_items() if value == "stale"]
    assert all(len(sent.headers.get_list(name)) == 1 for name in stale)
    assert ("ListPipelineRunsStatus", "2021-02-02") == (sent.headers["x-acs-action"], sent.headers["x-acs-version"])
    assert holds(sent, TEMPORARY)


def test_a_token_does_not_outlive_its_credentials() -> None:
    given = iter([TEMPORARY, PAIR])
    signer = SignatureAuth("ListPipelineRunsStatus", "2021-02-02", lambda: next(given))
    request = httpx.Request("PUT", URL, json={})

    first = signed(request, signer).headers["x-acs-security-token"]
    second = signed(request, signer)

    assert "Example+Sts/Token==" == first
    assert "x-acs-security-token" not in second.headers
    assert "x-acs-security-token" not in signed_headers(second)
    assert holds(second, PAIR)


def test_a_request_sent_again_is_signed_afresh() -> None:
    times = iter([1_757_925_000.0, 1_757_925_061.0])
    signer = auth(clock=lambda: next(times))
    request = httpx.Request("PUT", URL, json={})

    first = dict(signed(request, signer).headers)
    second = signed(request, signer)

    assert ("2025-09-15T08:30:00Z", "1") == (first["x-acs-date"], first["x-acs-signature-nonce"])
    assert "2025-09-15T08:31:01Z" == second.headers["x-acs-date"]
    assert "2" == second.headers["x-acs-signature-nonce"]
    assert first["authorization"] != second.headers["authorization"]
    assert first.keys() == dict(second.headers).keys()
    assert holds(second, PAIR)


def test_other_headers_keep_their_order_and_case() -> None:
    request = httpx.Request("PUT", URL, content=b"{}", headers=[("X-One", "1"), ("x-TWO", "2"), ("X-One", "3")])
    before = request.headers.raw

    sent = signed(request, auth())

    assert before == sent.headers.raw[: len(before)]


@pytest.mark.parametrize(
    "url", [f"{URL}/a%20b%2Fc*", f"{URL}?a=b+c&d=&e", f"{URL}?z=1&a=2&a=1", f"{URL}?q=%E5%90%8D~*", URL]
)
def test_an_odd_url_is_signed_as_sent(url: str) -> None:
    assert holds(signed(httpx.Request("GET", url), auth()), PAIR)


def test_a_changed_request_does_not_verify() -> None:
    sent = signed(httpx.Request("PUT", URL, json={}), auth())
    sent.headers["x-acs-date"] = "2025-09-15T08:30:01Z"

    assert not holds(sent, PAIR)


def test_a_nonce_is_fresh_by_default() -> None:
    signer = SignatureAuth("ListPipelineRunsStatus", "2021-02-02", lambda: PAIR)

    nonces = {signed(httpx.Request("GET", URL), signer).headers["x-acs-signature-nonce"] for _ in range(100)}

    assert 100 == len(nonces)
    assert {32} == {len(nonce) for nonce in nonces}


# The auth, in a client


class Service:
    """A transport that refuses the first call and keeps what came."""

    def __init__(self) -> None:
        self.came: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.came.append(httpx.Request(request.method, request.url, headers=request.headers, content=request.content))
        return httpx.Response(503 if len(self.came) == 1 else 200)


def send_twice(service: Service, request: Callable[[], httpx.Request], signer: SignatureAuth) -> None:
    with httpx.Client(transport=httpx.MockTransport(service)) as client:
        again = request()
        client.send(again, auth=signer)
        client.send(again, auth=signer)


def send_twice_async(service: Service, request: Callable[[], httpx.Request], signer: SignatureAuth) -> None:
    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(service)) as client:
            again = request()
            await client.send(again, auth=signer)
            await client.send(again, auth=signer)

    asyncio.run(run())


@pytest.mark.parametrize("send", [send_twice, send_twice_async], ids=["sync", "async"])
def test_each_attempt_is_signed_afresh(send: Callable[..., None]) -> None:
    service = Service()

    send(service, lambda: httpx.Request("PUT", URL, json={"PipelineRuns": ["flow-a"]}), auth(TEMPORARY))

    assert ["1", "2"] == [request.headers["x-acs-signature-nonce"] for request in service.came]
    assert all(holds(request, TEMPORARY) for request in service.came)


def test_a_streamed_body_is_read_and_signed() -> None:
    service = Service()

    def parts() -> Iterator[bytes]:
        yield b'{"PipelineRuns":'
        yield b'["flow-a"]}'

    with httpx.Client(transport=httpx.MockTransport(service)) as client:
        client.put(URL, content=parts(), auth=auth())

    assert sha256(b'{"PipelineRuns":["flow-a"]}').hexdigest() == service.came[0].headers["x-acs-content-sha256"]
    assert holds(service.came[0], PAIR)


def test_without_credentials_nothing_is_sent() -> None:
    service = Service()

    def none() -> Credentials:
        raise CredentialsError("no credentials")

    with (
        httpx.Client(transport=httpx.MockTransport(service)) as client,
        pytest.raises(CredentialsError, match="no credentials"),
    ):
        client.put(URL, json={}, auth=SignatureAuth("ListPipelineRunsStatus", "2021-02-02", none))

    assert [] == service.came


def test_a_repr_of_the_auth_shows_no_secret() -> None:
    assert "Example" not in repr(auth(TEMPORARY))
