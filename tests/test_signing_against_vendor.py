"""Signing: random requests, signed by us, are what the vendor's own package would have signed."""

import string
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import httpx
from alibabacloud_tea_openapi.utils import Utils
from hypothesis import example, given
from hypothesis import strategies as st

from paiflow.credentials import Credentials
from paiflow.signing import ALGORITHM, SignatureAuth, parse_authorization

# The vendor's package does not encode the names of parameters, so these need no encoding.
names = st.text(string.ascii_letters + string.digits + "-_.~", min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# A segment of dots is a way up the path, which httpx takes before anything is signed.
segments = texts.filter(lambda text: text.strip("."))
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
credentials = st.builds(
    Credentials,
    st.text(string.ascii_letters + string.digits + ".", min_size=1, max_size=30),
    values,
    st.none() | values,
)
hosts = st.sampled_from(["paiflow.cn-hangzhou.aliyuncs.com", "127.0.0.1:8080", "[::1]:8443", "localhost"])


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    host=hosts,
    path=st.lists(segments, max_size=4),
    query=st.dictionaries(names, texts, max_size=5),
    extra=st.dictionaries(names.map(lambda name: f"X-Acs-Extra-{name.replace('~', '')}".lower()), values, max_size=3),
    body=st.binary(max_size=100),
    given_credentials=credentials,
    now=st.integers(0, 4_102_444_800),
    nonce=st.text(string.hexdigits, min_size=1, max_size=32),
)
@example(
    method="GET",
    host="localhost",
    path=["a b", "*", "/", "名"],
    query={"Name": "my run*~+/=&?%名", "SourceId": "", "a": "1", "B": "2"},
    extra={},
    body=b"",
    given_credentials=Credentials("STS.id", "secret", "Example+Sts/Security=Token=="),
    now=0,
    nonce="0",
)
def test_our_signature_is_the_vendor_s(
    method: str,
    host: str,
    path: list[str],
    query: dict[str, str],
    extra: dict[str, str],
    body: bytes,
    given_credentials: Credentials,
    now: int,
    nonce: str,
) -> None:
    """The query travels as the vendor's client sends it, with `+` for a space."""
    pathname = "/" + "/".join(quote(segment, safe="") for segment in path)
    url = f"https://{host}{pathname}" + (f"?{urlencode(query)}" if query else "")
    headers = extra | ({"Content-Type": "application/json; charset=utf-8"} if body else {})
    auth = SignatureAuth(
        "ListPipelineRunsStatus", "2021-02-02", lambda: given_credentials, clock=lambda: now, nonce=lambda: nonce
    )

    sent = next(auth.auth_flow(httpx.Request(method, url, headers=headers, content=body)))

    _, signed_headers, _ = parse_authorization(sent.headers["authorization"])
    theirs = SimpleNamespace(
        method=method,
        pathname=pathname,
        query=query,
        headers={name: sent.headers[name] for name in signed_headers},
    )
    payload = Utils.hex_encode(Utils.hash(body, ALGORITHM))
    expected = Utils.get_authorization(
        theirs, ALGORITHM, payload, given_credentials.access_key_id, given_credentials.access_key_secret
    )
    assert payload == sent.headers["x-acs-content-sha256"]
    assert expected == sent.headers["authorization"]
