"""The base URL: where it comes from, and what is refused."""

from typing import Any

import pytest

from paiflow.client.endpoint import is_loopback, resolve_endpoint
from paiflow.errors import ConfigurationError


def resolve(
    endpoint: str | None = None,
    region: str | None = None,
    *,
    vpc: bool = False,
    allow_http: bool = False,
    **environ: str,
) -> str:
    return resolve_endpoint(endpoint, region, vpc, allow_http, environ)


def refusal(endpoint: str | None = None, region: str | None = None, **others: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        resolve(endpoint, region, **others)
    return str(caught.value)


# Where it comes from


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("https://a.example", {"endpoint": "a.example", "PAIFLOW_ENDPOINT": "b.example", "region": "cn-beijing"}),
        ("https://b.example", {"PAIFLOW_ENDPOINT": "b.example", "region": "cn-beijing"}),
        ("https://paiflow.cn-beijing.aliyuncs.com", {"region": "cn-beijing", "ALIBABA_CLOUD_REGION_ID": "us-east-1"}),
        ("https://paiflow.us-east-1.aliyuncs.com", {"ALIBABA_CLOUD_REGION_ID": "us-east-1"}),
        ("https://paiflow.us-east-1.aliyuncs.com", {"PAIFLOW_ENDPOINT": "", "ALIBABA_CLOUD_REGION_ID": "us-east-1"}),
        ("https://paiflow-vpc.cn-beijing.aliyuncs.com", {"region": "cn-beijing", "vpc": True}),
        ("https://a.example", {"endpoint": "a.example", "vpc": True}),
    ],
)
def test_the_argument_comes_before_the_environment_before_the_region(expected: str, given: dict[str, Any]) -> None:
    assert expected == resolve(**given)


@pytest.mark.parametrize("environ", [{}, {"PAIFLOW_ENDPOINT": "", "ALIBABA_CLOUD_REGION_ID": ""}])
def test_nothing_to_go_by_says_what_to_set(environ: dict[str, str]) -> None:
    expected = "no endpoint: give a region or an endpoint, or set PAIFLOW_ENDPOINT or ALIBABA_CLOUD_REGION_ID"
    assert expected == refusal(**environ)


@pytest.mark.parametrize(
    "region", ["", "cn-hangzhou\n", "CN-HANGZHOU", "cn_hangzhou", "cn.hangzhou", "a/b", "a@b", "é", "١", " cn-beijing"]
)
def test_a_region_has_only_lower_case_letters_digits_and_hyphens(region: str) -> None:
    words = f"may hold only a-z, 0-9 and '-', like cn-hangzhou, but is {region!r}"

    assert f"the region {words}" == refusal(region=region)
    if region:
        assert f"ALIBABA_CLOUD_REGION_ID {words}" == refusal(ALIBABA_CLOUD_REGION_ID=region)


# What is one


@pytest.mark.parametrize(
    ("expected", "endpoint"),
    [
        ("https://paiflow.cn-hangzhou.aliyuncs.com", "paiflow.cn-hangzhou.aliyuncs.com"),
        ("https://paiflow.cn-hangzhou.aliyuncs.com", "https://paiflow.cn-hangzhou.aliyuncs.com/"),
        ("https://paiflow.cn-hangzhou.aliyuncs.com", "HTTPS://PaiFlow.CN-Hangzhou.aliyuncs.com"),
        ("https://host.example:8443", "host.example:8443"),
        ("https://host.example:8443", "host.example:8443/"),
        ("https://host.example:443", "https://host.example:443"),
        ("https://my_service:1", "my_service:01"),
        ("https://10.0.0.1:65535", "10.0.0.1:65535"),
        ("https://[fe80::1]:8443", "[FE80::1]:8443"),
        ("https://localhost:8080", "localhost:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[::1]:8080", "http://[::1]:8080/"),
    ],
)
def test_a_bare_host_means_https_and_plain_http_stays_on_this_machine(expected: str, endpoint: str) -> None:
    assert expected == resolve(endpoint)
    assert expected == resolve(PAIFLOW_ENDPOINT=endpoint)


@pytest.mark.parametrize("host", ["host.example", "10.0.0.1", "0.0.0.0", "localhost.example", "[::2]", "128.0.0.1"])
def test_plain_http_elsewhere_needs_leave(host: str) -> None:
    expected = f"the endpoint is plain http to {host}, which is not this machine: use https, or allow_http=True"

    assert expected == refusal(f"http://{host}")
    assert f"http://{host}" == resolve(f"http://{host}", allow_http=True)


@pytest.mark.parametrize("endpoint", ["https://127.0.0.1", "http://LOCALHOST:80", "http://[::1]", "http://[0:0::1]:8"])
def test_this_machine_is_known_by_its_address_or_localhost(endpoint: str) -> None:
    assert is_loopback(endpoint)


@pytest.mark.parametrize(
    "url", ["https://host.example", "http://localhost.example", "http://[::2]", "http://[", "127.0.0.1", "", "https://"]
)
def test_what_is_not_plainly_this_machine_is_taken_for_another(url: str) -> None:
    assert not is_loopback(url)


# What is refused


@pytest.mark.parametrize(
    ("fault", "endpoint"),
    [
        ("is empty", ""),
        ("holds a space or a control character", " "),
        ("holds a space or a control character", "host.example\n"),
        ("holds a space or a control character", "host\t.example"),
        ("holds a space or a control character", "https:// host.example"),
        ("holds a character that is not ASCII", "höst.example"),
        ("holds a character that is not ASCII", "127.0.0.1:８０"),
        ("must be an https:// URL, or a host", "ftp://host.example"),
        ("must be an https:// URL, or a host", "://host.example"),
        ("must not hold a path", "https://host.example/api"),
        ("must not hold a path", "host.example/api"),
        ("must not hold a path", "https://host.example//"),
        ("must not hold a path", "//host.example"),
        ("must not hold a query or a fragment", "https://host.example?"),
        ("must not hold a query or a fragment", "https://host.example/?a=b"),
        ("must not hold a query or a fragment", "host.example#a"),
        ("has a bad port", "host.example:"),
        ("has a bad port", "host.example:0"),
        ("has a bad port", "host.example:65536"),
        ("has a bad port", "host.example:-1"),
        ("has a bad port", "host.example:+80"),
        ("has a bad port", "host.example:8080:9090"),
        ("has a bad port", "https:host.example"),
        ("has a bad port", "host.example:" + "1" * 5000),
        ("has a bad port", "[::1]8080"),
        ("has no valid host", "https://"),
        ("has no valid host", "https://:8080"),
        ("has no valid host", "::1"),
        ("has no valid host", "[::1"),
        ("has no valid host", "[::1%25lo]"),
        ("has no valid host", "[host.example]"),
        ("has no valid host", "[127.0.0.1]"),
        ("has no valid host", "host]"),
        ("has no valid host", "127.1"),
        ("has no valid host", "127.0.0.01"),
        ("has no valid host", "2130706433"),
        ("has no valid host", "1.2.3.256"),
        ("has no valid host", "host..example"),
        ("has no valid host", "-host.example"),
        ("has no valid host", "host.example\\path"),
        ("has no valid host", "host%2eexample"),
        ("has no valid host", "a" * 64 + ".example"),
        ("has no valid host", "a." * 127 + "aa"),
    ],
)
def test_what_is_no_endpoint_is_refused_in_one_line(fault: str, endpoint: str) -> None:
    message = refusal(endpoint, allow_http=True)

    assert message.startswith(f"the endpoint {fault}")
    assert message.isprintable()
    if endpoint:
        assert refusal(PAIFLOW_ENDPOINT=endpoint).startswith(f"PAIFLOW_ENDPOINT {fault}")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://user:hunter2@host.example",
        "user:hunter2@host.example",
        "http://hunter2@127.0.0.1:8080",
        "hunter2://user@host.example",
        "https://127.0.0.1:hunter2",
        "https://host.example?password=hunter2",
        "https://host.example/hunter2",
        "https://host.example#hunter2",
        "user:hunter2 @host.example",
    ],
)
def test_a_refusal_does_not_repeat_a_password(endpoint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve(endpoint)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "hunter2" not in repr(caught.value.__context__)


def test_a_user_name_is_refused_as_such() -> None:
    expected = "the endpoint must not hold a user name or password: credentials are given apart from it"
    assert expected == refusal("https://user:hunter2@host.example")
