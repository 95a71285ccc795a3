"""The vendor's profile gives region and workspace, and `paiflow config` shows where each setting comes from."""

import json
import os

import pytest

import paiflow
from paiflow.cli import commands
from paiflow.client import profile
from paiflow.errors import ConfigurationError
from paiflow.mock import MockService, MockTransport

KEY_ID, SECRET, TOKEN = "LTAI5tProfileKeyId012345", "ProfileSecretCanary0123", "ProfileTokenCanary0123"
WORK = {"name": "work", "mode": "AK", "access_key_id": KEY_ID, "access_key_secret": SECRET, "region_id": "cn-shanghai"}
OTHER = {**WORK, "name": "other", "region_id": "cn-beijing", "workspace_id": "949"}
CONFIG = {"current": "work", "profiles": [WORK, OTHER]}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Put a file in the place of ~/.aliyun/config.json."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED")

    def write_(content):
        path = tmp_path / ".aliyun" / "config.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")

    return write_


@pytest.fixture
def run(capsys):
    def run_(*arguments):
        code = commands.run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run_


@pytest.mark.parametrize(
    ("variables", "arguments", "host"),
    [
        ({}, {}, "paiflow.cn-shanghai.aliyuncs.com"),
        ({"ALIBABA_CLOUD_PROFILE": "other"}, {}, "paiflow.cn-beijing.aliyuncs.com"),
        ({"ALIBABA_CLOUD_REGION_ID": "cn-hangzhou"}, {}, "paiflow.cn-hangzhou.aliyuncs.com"),
        ({"ALIBABA_CLOUD_REGION_ID": "cn-hangzhou"}, {"region": "ap-1"}, "paiflow.ap-1.aliyuncs.com"),
        ({"PAIFLOW_ENDPOINT": "paiflow.example"}, {}, "paiflow.example"),
    ],
)
def test_the_region_is_the_profiles_if_nothing_else_gives_one(write, monkeypatch, variables, arguments, host):
    write(CONFIG)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert f"https://{host}" == paiflow.PaiFlow(**arguments).endpoint


@pytest.mark.parametrize(("given", "sent"), [(None, "949"), (7, "7")])
def test_the_workspace_is_the_profiles_if_none_is_given(write, monkeypatch, given, sent):
    write({**CONFIG, "current": "other"})
    bodies = []
    service = MockService(on_request=lambda request: bodies.append(json.loads(request.body)))
    settings = {"credentials": service.credentials, "transport": MockTransport(service)}
    with paiflow.PaiFlow(workspace_id=given, **settings) as client:
        client.statuses(["flow-a"])

    assert [sent] == [body["WorkspaceId"] for body in bodies]


@pytest.mark.parametrize("content", ["{", "[]", '{"profiles": {}}', "\x00", "[" * 100_000, json.dumps(CONFIG)[:-20]])
def test_a_file_that_is_not_valid_is_told_when_asked_for_and_ignored_else(write, content):
    write(content)

    assert paiflow.PaiFlow("cn-hangzhou").endpoint
    with pytest.raises(ConfigurationError, match=r"no endpoint: give a region"):
        paiflow.PaiFlow()
    with pytest.raises(ConfigurationError, match=r"~/.aliyun/config.json is not valid") as caught:
        profile.load(os.environ)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("content", [{}, {"profiles": [1, {}, {"name": "a"}]}, {"current": "gone", "profiles": [WORK]}])
def test_a_file_without_a_current_profile_gives_nothing(write, content):
    write(content)

    assert profile.in_force(os.environ) is None


def test_profiles_may_be_switched_off(write, monkeypatch):
    write(CONFIG)
    monkeypatch.setenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true")

    assert profile.in_force(os.environ) is None


def test_config_shows_each_setting_and_where_it_comes_from(write, run, monkeypatch):
    write(CONFIG)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", "/certificates")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:proxy-password@proxy.example:3128")
    code, out, err = run("config", "--profile", "other")

    assert (0, "") == (code, err)
    for words in (
        "region                   cn-beijing ",
        "endpoint                 https://paiflow.cn-beijing.aliyuncs.com ",
        "endpoint of AIWorkSpace  https://aiworkspace.cn-beijing.aliyuncs.com ",
        "proxy                    http://proxy.example:3128 ",
        "workspace                949 ",
        "profile                  other ",
        "access key               … ",
        "certificates             /certificates ",
    ):
        assert words in out
    assert out.count("~/.aliyun/config.json, profile other") == 3
    assert not [secret for secret in (SECRET, "proxy-password", KEY_ID) if secret in out]
    assert "ALIBABA_CLOUD_PROFILE" not in os.environ


def test_config_for_programs_hides_secrets_too(run, monkeypatch):
    monkeypatch.setenv("PAIFLOW_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN)
    code, out, _ = run("config", "--format", "json", "--workspace", "7")
    settings = json.loads(out)

    assert code == 0
    assert {"value": "http://127.0.0.1:1", "source": "PAIFLOW_ENDPOINT"} == settings["endpoint"]
    assert {"value": "7", "source": "--workspace"} == settings["workspace"]
    assert {"value": "LTAI…", "source": "ALIBABA_CLOUD_ACCESS_KEY_ID"} == settings["access key"]
    assert {"value": "…", "source": "ALIBABA_CLOUD_SECURITY_TOKEN"} == settings["security token"]
    assert [] == [secret for secret in (SECRET, TOKEN, KEY_ID) if secret in out]


@pytest.mark.parametrize(
    ("variables", "code", "words"),
    [
        ({}, 2, "no endpoint: give a region"),
        ({"PAIFLOW_ENDPOINT": "http://u:secret@h"}, 2, "PAIFLOW_ENDPOINT must not hold a user name or password"),
        (
            {"ALIBABA_CLOUD_REGION_ID": "cn-a", "ALIBABA_CLOUD_ACCESS_KEY_ID": "half-a-pair"},
            7,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not",
        ),
    ],
)
def test_config_says_what_is_wrong_and_shows_the_rest(run, monkeypatch, variables, code, words):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ended, out, err = run("config")

    assert (code, 1) == (ended, err.count("\n"))
    assert words in err
    assert "certificates" in out
    assert "secret@" not in out + err


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (CONFIG, "wrok", "has no profile 'wrok'; did you mean work?"),
        (CONFIG, "zzz", "has no profile 'zzz'; there are: work, other"),
        ("{", "work", "~/.aliyun/config.json is not valid"),
    ],
)
def test_a_profile_that_is_not_there_is_usage(write, run, content, name, words):
    write(content)
    code, out, err = run("status", "flow-a", "--profile", name)

    assert (2, "", 1) == (code, out, err.count("\n"))
    assert words in err


@pytest.mark.parametrize("command", ["status", "wait"])
def test_what_overrides_an_option_that_was_typed_is_said(write, run, monkeypatch, command):
    write(CONFIG)
    monkeypatch.setenv("PAIFLOW_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
    arguments = [command, "flow-a,", "--region", "cn-hangzhou", "--profile", "work"]
    _, _, err = run(*arguments)
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID is set and overrides the keys of --profile work\n" in err

    arguments[1] = "flow-a"
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "")
    _, _, err = run(*arguments)
    assert "PAIFLOW_ENDPOINT is set and overrides --region cn-hangzhou: unset it, or give --endpoint\n" in err

    _, _, err = run(*arguments, "--endpoint", "http://127.0.0.1:2")
    assert "--region" not in err
