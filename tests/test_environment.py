"""Proxies and certificates of the environment: which are used, and what is said of those that cannot be."""

import asyncio
import traceback

import httpcore
import pytest

import paiflow
from paiflow.client.environment import certificates, proxy_of

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
ENDPOINT = "https://paiflow.cn-hangzhou.aliyuncs.com"
PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def _no_certificates_of_the_machine(monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("endpoint", "settings", "proxy"),
    [
        (ENDPOINT, {}, None),
        (ENDPOINT, {"HTTPS_PROXY": PROXY}, PROXY),
        (ENDPOINT, {"https_proxy": PROXY}, PROXY),
        (ENDPOINT, {"HTTP_PROXY": PROXY}, None),
        (ENDPOINT, {"ALL_PROXY": PROXY}, PROXY),
        (ENDPOINT, {"ALL_PROXY": PROXY, "HTTPS_PROXY": "http://other.example"}, "http://other.example"),
        (ENDPOINT, {"HTTPS_PROXY": "proxy.example:3128"}, PROXY),
        (ENDPOINT, {"HTTPS_PROXY": "http://[2001:db8::1]:3128"}, "http://[2001:db8::1]:3128"),
        (ENDPOINT, {"HTTPS_PROXY": "http://proxy_1.example./"}, "http://proxy_1.example./"),
        # As a file with Windows' line ends gives it.
        (ENDPOINT, {"HTTPS_PROXY": f" {PROXY}\r"}, PROXY),
        ("http://10.1.2.3:80", {"HTTP_PROXY": PROXY}, PROXY),
        ("http://10.1.2.3:80", {"HTTPS_PROXY": PROXY}, None),
        # No proxy reaches this machine, and so a mistake there does no harm.
        ("http://127.0.0.1:1", {"ALL_PROXY": "ftp://x", "NO_PROXY": "é"}, None),
        ("http://[::1]:1", {"HTTP_PROXY": PROXY}, None),
        ("https://localhost:1", {"HTTPS_PROXY": PROXY}, None),
        # Without a proxy nothing is spared from it.
        (ENDPOINT, {"NO_PROXY": "é"}, None),
    ],
)
def test_the_proxy_is_that_of_the_endpoints_scheme(monkeypatch, endpoint, settings, proxy):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    found = proxy_of(endpoint)

    assert proxy == (found and str(found.url))


def test_a_proxys_user_and_password_may_be_escaped(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:a%23b%2Fc%3Fd%40e@proxy.example:3128")
    proxy = proxy_of(ENDPOINT)

    assert ("me", "a#b/c?d@e") == proxy.auth
    assert "proxy.example" == proxy.url.host


HOST, SIX, FOUR = "https://a.b.example", "https://[fd00:1::5]:8443", "https://10.1.2.3"


@pytest.mark.parametrize(
    ("endpoint", "no_proxy", "spared"),
    [
        (HOST, "a.b.example", True),
        (HOST, "B.Example", True),
        (HOST, "example", True),
        (HOST, ".example", True),
        (HOST, "*.b.example", True),
        (HOST, "*b.example", True),
        (HOST, "b.example.", True),
        (HOST, ".a.b.example", False),
        (HOST, "*.a.b.example", False),
        (HOST, "ample", False),
        (HOST, "c.a.b.example", False),
        (HOST, "*", True),
        (HOST, "x.example, *", True),
        (HOST, "x.example b.example", True),
        (HOST, "b.example:443", True),
        (HOST, "b.example:8443", False),
        (HOST, "https://b.example", True),
        (HOST, "all://b.example/", True),
        ("https://xn--e1afmkfd.example", "xn--e1afmkfd.example", True),
        ("https://a.xn--e1afmkfd.example:443", "*.XN--E1AFMKFD.example", True),
        (HOST, "http://b.example", False),
        # Container tools write all of these.
        (HOST, "localhost,127.0.0.0/8,::1,[::1],fd00::/8,[fd00::]/8,10.96.0.1/12,.svc,.cluster.local", False),
        (HOST, "<local>,169.254/16,10.0.0.0/99,[::1,fe80::%eth0/64,1:2:3,,:,/,[],http://", False),
        (SIX, "[fd00:1::5]", True),
        (SIX, "fd00:1::5", True),
        (SIX, "FD00:1:0::5", True),
        (SIX, "[fd00:1::5]:8443", True),
        (SIX, "[fd00:1::5]:443", False),
        (SIX, "https://[fd00:1::5]", True),
        (SIX, "fd00::/8", True),
        (SIX, "[fd00::]/8", True),
        (SIX, "[fd00::/8]", True),
        (SIX, "fd00:1::9/64", True),
        (SIX, "fd00:2::/64", False),
        (SIX, "::1,[::1],10.0.0.0/8,fe80::/10", False),
        (FOUR, "10.1.2.3", True),
        (FOUR, "10.1.2.3:443", True),
        (FOUR, "10.1.2.3:80", False),
        (FOUR, "10.0.0.0/8", True),
        (FOUR, "10.1.2.3/31", True),
        (FOUR, "10.2.0.0/16,fd00::/8,[::1]", False),
        (FOUR, "2.3,.3", False),
    ],
)
def test_no_proxy_spares_hosts_domains_and_networks(monkeypatch, endpoint, no_proxy, spared):
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)

    assert spared is (proxy_of(endpoint) is None)


@pytest.mark.parametrize("kind", [paiflow.PaiFlow, paiflow.AsyncPaiFlow])
@pytest.mark.parametrize(
    ("endpoint", "no_proxy", "proxied"),
    [(ENDPOINT, "[::1],fd00::/8", True), (ENDPOINT, "[::1],.aliyuncs.com", False), ("http://[::1]:1", "[::1]", False)],
)
def test_requests_go_through_the_proxy_or_past_it(monkeypatch, kind, endpoint, no_proxy, proxied):
    monkeypatch.setenv("ALL_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    pool = kind(endpoint=endpoint, credentials=CREDENTIALS)._connections.transports().to(endpoint)._pool

    assert proxied is isinstance(pool._make.__self__, httpcore.HTTPProxy | httpcore.AsyncHTTPProxy)


SECRET = "S3cret"  # what no error may quote


@pytest.mark.parametrize("kind", [paiflow.PaiFlow, paiflow.AsyncPaiFlow])
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        *[
            (name, value, "is not the URL of a proxy: write http://host:port")
            for name, value in [
                ("HTTPS_PROXY", f"http://me:{SECRET}#x@proxy.example:3128"),
                ("https_proxy", f"http://me:{SECRET}/x@proxy.example:3128"),
                ("HTTPS_PROXY", f"http://me:{SECRET}?x@proxy.example:3128"),
                ("ALL_PROXY", f"http://me:12#{SECRET}@proxy.example:3128"),
                ("all_proxy", f"http://me:12/{SECRET}@proxy.example:3128"),
                ("HTTPS_PROXY", f"http://me:12?{SECRET}@proxy.example:3128"),
                ("HTTPS_PROXY", f"http://{SECRET}#@proxy.example:3128"),
                ("HTTPS_PROXY", f"me:{SECRET}/x@proxy.example"),
                ("HTTPS_PROXY", f"ftp://{SECRET}"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@proxy.example:99999"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@proxy.example:99999999999999999999"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@proxy.example:0"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@proxy.example:-1"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@proxy.example:http"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@{'a' * 64}.example:3128"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@proxy..example:3128"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@:3128"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@[::1:3128"),
                ("HTTPS_PROXY", f"http://me:{SECRET}@proxy example:3128"),
                ("HTTPS_PROXY", f"http://me:{SECRET}\x7f@proxy.example:3128"),
                ("HTTPS_PROXY", f"http://me:{SECRET}é@é..example:3128"),
                ("HTTPS_PROXY", f"{SECRET}://"),
                ("HTTPS_PROXY", f"http:///{SECRET}"),
            ]
        ],
        (
            "HTTPS_PROXY",
            f"socks5://me:{SECRET}@proxy.example",
            "SOCKS proxy, which needs a package: pip install 'httpx[",
        ),
        ("ALL_PROXY", f"socks5h://{SECRET}.example:1080", "SOCKS proxy, which needs a package: pip install 'httpx["),
        ("NO_PROXY", f"a b,{SECRET}é", "is not a list of hosts"),
        ("no_proxy", f"a,{SECRET}\x01", "is not a list of hosts"),
        (
            "SSL_CERT_FILE",
            f"/nonexistent/{SECRET}",
            "cannot be used (No such file or directory): name a file of certif",
        ),
        ("SSL_CERT_FILE", __file__, "cannot be used ("),
        ("SSL_CERT_DIR", f"/nonexistent/{SECRET}", "is not a folder"),
        ("SSL_CERT_DIR", __file__, "is not a folder"),
        ("SSLKEYLOGFILE", f"/nonexistent/{SECRET}", "cannot be used (No such file or directory): name a file that can"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_quoted(monkeypatch, kind, name, value, words):
    if name.lower() == "no_proxy":
        monkeypatch.setenv("ALL_PROXY", PROXY)
    monkeypatch.setenv(name, value)

    with pytest.raises(paiflow.ConfigurationError) as caught:
        kind("cn-hangzhou", credentials=CREDENTIALS)

    assert str(caught.value).startswith(f"{name} ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    # The source lines of a traceback aside, that of the file that is no certificate among them.
    assert SECRET not in str(caught.value)
    assert SECRET not in "".join(
        map(str, traceback.TracebackException.from_exception(caught.value).format_exception_only())
    )
    assert (None, True) == (
        caught.value.__cause__,
        caught.value.__context__ is None or caught.value.__suppress_context__,
    )


def test_a_folder_or_file_of_certificates_is_used(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    assert 0 == certificates(encrypted=True).cert_store_stats()["x509_ca"]


def test_plain_http_needs_no_certificates(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")

    assert certificates(encrypted=False).check_hostname
    paiflow.PaiFlow(endpoint="http://127.0.0.1:1", credentials=CREDENTIALS).close()


@pytest.mark.parametrize("kind", [paiflow.PaiFlow, paiflow.AsyncPaiFlow])
def test_a_proxy_that_does_not_answer_is_a_transport_error(monkeypatch, kind):
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{SECRET}@127.0.0.1:1")
    client = kind("cn-hangzhou", credentials=CREDENTIALS, retries=0)

    def call():
        called = client.list_pipeline_runs_status(pipeline_runs=["a"])
        asyncio.run(called)

    with pytest.raises(paiflow.TransportError, match="refused") as caught:
        call()
    assert SECRET not in "".join(traceback.format_exception(caught.value))
