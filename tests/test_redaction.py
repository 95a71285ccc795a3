"""What is kept of an exchange has no secret and no account in it, and is still of the same shape."""

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paiflow._redaction import Redaction, redact_headers, redact_json, redact_text
from paiflow._text import clean

ACCOUNT = "1557702098194904"
RAM_USER = "284567890123456789"
SECRET = "hunter2-Zx9"

# JSON in which a name says what its value is: each with {} for the value.
NAMED = [
    '{"Password": "{}"}',
    '{"password":"{}"}',
    '{"SecurityToken": "{}"}',
    '{"Credentials": {"AccessKeyId": "{}", "Expiration": "soon"}}',
    '{"AccessKeySecret": ["{}"]}',
    '{"headers": {"Authorization": "{}", "Set-Cookie": "a={}"}}',
    '{"x-oss-signature": "{}"}',
    '{"Arguments": [{"name": "accessKeySecret", "value": "{}"}]}',
    '{"AccessDeniedDetail": {"EncodedDiagnosticMessage": "{}"}}',
    '{"AccessDeniedDetail": {"AuthPrincipalDisplayName": "{}"}}',
    '{"UserName": "{}"}',
    '{"Jwt": "{}"}',
    '{"login_ticket": "{}"}',
    '{"Otp": "{}"}',
    '{"MfaCode": "{}"}',
    '{"Passcode": "{}"}',
    '{"PrivateKeyPem": "{}"}',
    '{"SshKey": "{}"}',
    '{"ConnectionString": "{}"}',
    '{"auths": {"registry": {"auth": "{}"}}}',
    '{"数据库密码": "{}"}',
    '{"Args": ["odpscmd", "-u", "me", "-p", "{}", "-e", "ls"]}',
    '{"Args": ["tool", "--db-password", "{}", "--verbose"]}',
    '{"Args": ["curl", "-u", "me:{}", "https://h"]}',
]

# Text with a secret in it, without structure, or with a structure that is broken.
WORDED = [
    "https://bucket.oss-cn-hangzhou.aliyuncs.com/k?OSSAccessKeyId={}&Expires=1&Signature=x",
    "https://bucket.oss-cn-hangzhou.aliyuncs.com/k?Expires=1&Signature={}",
    "https://h/k?security-token={}&x=1",
    "https://h/k?x-oss-signature={}",
    "https://h/k?x-oss-credential={}%2F20251001%2Fcn-hangzhou",
    "https://somebody:{}@host/path",
    "http%3A%2F%2Fsomebody%3A{}%40host%2Fpath",
    "https://h/login?next=https%3A%2F%2Fh%2Fk%3Fpassword%3D{}%26x%3D1",
    'it failed: {"Password": "{}", "Ra',
    'it failed: {"Password": "a \\"{}',
    '{\\"Password\\": \\"a {}',
    "password is: x password: {}",
    "Authorization: Basic {}",
    "Cookie: session={}",
    "bearer {}abcdef",
    "<AccessKeySecret>{}</AccessKeySecret>",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx{}.c2ln",
    "CAISabcdefghijklmnopqrstuvwxyz{}",
    "-----BEGIN RSA PRIVATE KEY-----\nMII\n{}\n-----END RSA PRIVATE KEY-----",
    "server StringToSign is [ACS3-HMAC-SHA256\n{}]",
    "write to {}@example.org today",
    "{&quot;Password&quot;: &quot;{}&quot;}",
    "%7B%22Password%22%3A%20%22{}%22%7D",
    "Password%253D{}",
    "<Password>{}</Password>",
    "token -> {}",
    "the token is a1B2c3D4e5F6{}",
    "--access-key-secret a1B2c3D4e5F6{}",
    "Cookie: a=1; JSESSIONID={}",
    "SecurityToken: abcdefghij\nAbCdEfGhIjKlMnOpQrSt{}",
    "password: |\n  {}",
    "CAISabcdefgh\nijklmnopqrst{}",
    # Options of commands.
    "odpscmd -u me -p {} -e ls",
    "run.sh -p {}",
    "mysql -h db -uroot -p{} app",
    "sshpass -p '{}' ssh h",
    "docker login --username=me --password={} h",
    "tool --db-password {}",
    "redis-cli -a {} ping",
    "unzip -P {} a.zip",
    "ossutil64 config -i me -k {}",
    "curl -s -u me:{} https://h",
    "curl --user 'me:{}' https://h",
    "run ['odpscmd', '-u', 'me', '-p', '{}']",
    # In Chinese, and with its punctuation.
    "password：{}",
    "密码：{}",
    "用户名：me，密码: {}",
    "数据库密码为{}。",
    "密码是 {}",
    "初始口令为：{}",
    "“密码”：“{}”",
    "密 码＝{}",
    "令牌：\\n{}",
    # By their prefixes.
    *(f"wrote {prefix}{{}}A1b2C3d4" for prefix in ("ghp_", "gho_", "github_pat_", "glpat-", "hf_", "npm_", "pypi-", "dckr_pat_", "sk_live_")),
    *(f"wrote {prefix}{{}}A1b2C3d4" for prefix in ("sk-", "sk-proj-", "sk-ant-api03-", "xoxb-1-", "xapp-1-", "gsk_", "whsec_", "nvapi-")),
    *(f"{prefix}A1B2C3D4E5F6{{}}" for prefix in ("AKIAX", "ASIAX", "LTAI5t", "AKID", "AIzaSyX1b2C3d4E5f6G7h8I9j0", "ya29.X1b2C3d4E5f6")),
    # Names that text has.
    "jwt={}",
    "passcode: {}",
    "ticket=ST-1856339-{}",
    "export MYSQL_PWD={}",
    "OPENAI_API_KEY={}",
    "ssh key: {}",
    "set password to: {}",
    "secret → {}",
    'line {"login_ticket": "{}", "Ra',
    'line {"auth": "{}"} end',
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n{}",
    "-----BEGIN OPENSSH PRIVATE KEY-----\\n{}\\n-----END",
    # In URLs.
    "https://h/k?X-Amz-Credential={}%2F2026&X-Amz-Signature=x",
    "https://h/c?sv=1&sig={}%3D",
    "https://h/send?access_token=x&sign={}",
    "https://h/?ticket={}",
    "redis://:{}@h:6379/0",
    "root:{}@tcp(127.0.0.1:3306)/db",
    "DefaultEndpointsProtocol=https;AccountKey={}==",
]  # fmt: skip

# What is no secret, though it resembles one.
READABLE = [
    *("ticket 4711 was closed", "Ticket: 4711 was closed", "ticket: INC0012345", "see ticket JIRA-4711"),
    *("docker run -p 8080:80 nginx", "docker run -p 127.0.0.1:8080:80 x", "mkdir -p /data/model_v2", "ssh -p 2222 host"),
    *("pytest -p no:cacheprovider", "psql -h h -p 5432", "docker run -u 1000:1000 x", "docker exec --user root:root c"),
    *("python run.py -p config.yaml", "tool -p development", "curl -u me https://h", "curl -k https://h", "cp -p a b"),
    *("max_tokens=4096", "max_tokens: 4096, top_p 0.5", "Total tokens: 5,321", "tokenizer=bert", "2 tokens left"),
    *("The security token has expired.", "password is required", "no such access key", "the secret is missing"),
    *("invalid token: unexpected end of JSON", "password: must be at least 8 characters", "token=None", "password: null"),
    *("密码不能为空", "密码：不能为空", "密码为必填项", "令牌已过期"),
    *("task-1234567890abcdef12", "risk-assessment-2026-report", "sk-learn is old", "half_precision_training"),
    *("PWD=/home/admin/code", "PASS: test_x1", "keyword=value", "primary key: id", "author: me", "auth: failed"),
    *("flow-hynm2bv8wqhp5esfxq", "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", "commit 3f5a9c1e7b2d4f6a8c0e1b3d5f7a9c2e4b6d8f0a"),
    "registry/x:1.0@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    *("arn:aws:s3:::bucket/key", "acs:oss:*:*:bucket/*", "acs:ram::*:role/aliyunodpspaidefaultrole"),
    *("epoch 3: loss=0.123 lr=1e-4 seed=42", "oss://bucket/path/model.pt", "/api/v1/pipelineruns?PageNumber=1&PageSize=10"),
    *("Code: 400, Message: x", "code=200200004", "pip install torch==2.1.0", "10.0.0.1:8080", "signature mismatch"),
]  # fmt: skip

READABLE_JSON = [
    {"max_tokens": 4096, "TotalTokens": 99},
    {"auth": {"type": "none"}, "Author": "x"},
    {"TicketId": "4711", "ErrorCode": "x1", "TokenizerPath": "/x"},
    {"Args": ["docker", "run", "-p", "8080:80", "-u", "1000:1000", "nginx"]},
    {"Ticket": None, "PasswordRequired": True},
]

# Where accounts stand.
ACCOUNTS = [
    '{"UserId": %s}',
    '{"UserId": "%s", "ParentUserId": %s}',
    '{"Anything": %s}',
    '{"%s": "a name"}',
    '{"Output": "acs:ram::%s:role/aliyunodpspaidefaultrole"}',
    "acs:ram::%s:role/x",
    "acs%%3Aram%%3A%%3A%s%%3Arole%%2Fx",
    "bucket-%s",
    "data%s",
    "a%%20%s",
    "User %s has no permission",
    "/%s/dir",
    "alice@%s.onaliyun.com",
]


@pytest.mark.parametrize("template", NAMED)
@pytest.mark.parametrize("escapes", range(3))
def test_what_a_name_says_is_secret_goes_from_json_however_often_it_is_escaped(template, escapes):
    value = json.loads(template.replace("{}", SECRET))
    text = json.dumps(value)
    for _ in range(escapes):
        text = json.dumps(text)[1:-1]
    redacted = redact_text(text)

    assert SECRET not in str(redact_json(value))
    assert SECRET not in redacted
    assert SECRET not in str(redact_json({"Outputs": [{"Value": text}]}))
    for _ in range(escapes):
        redacted = json.loads(f'"{redacted}"')
    assert shape(value) == shape(json.loads(redacted))


@pytest.mark.parametrize("template", WORDED)
def test_secrets_go_from_text(template):
    text = template.replace("{}", SECRET)

    assert SECRET not in redact_text(text)
    assert SECRET not in redact_text(f"some words, and then {text}")
    assert SECRET not in str(redact_json({"Message": text}))


@pytest.mark.parametrize("template", WORDED)
def test_messages_are_without_the_secrets_that_recordings_are_without(template):
    """Of both there is one set of rules; who called, and base64, are for recordings only."""
    if "@example" not in template:
        assert SECRET not in clean(template.replace("{}", SECRET), 1000)


@pytest.mark.parametrize("text", READABLE)
def test_what_resembles_a_secret_stays_readable(text):
    assert text == redact_text(text)
    assert f"2026-11-28 INFO {text}, and more" == redact_text(f"2026-11-28 INFO {text}, and more")


@pytest.mark.parametrize("value", READABLE_JSON)
def test_names_that_resemble_those_of_secrets_hide_nothing(value):
    assert value == redact_json(value)


@pytest.mark.parametrize("template", ACCOUNTS)
@pytest.mark.parametrize("account", [ACCOUNT, RAM_USER])
def test_accounts_go_from_wherever_they_stand(template, account):
    text = template % ((account,) * template.replace("%%", "").count("%s"))
    redacted = redact_text(text)

    assert account not in redacted
    assert len(text) == len(redacted) or "onaliyun" in text
    if text.startswith("{"):
        assert account not in json.dumps(redact_json(json.loads(text)))
        assert account not in redact_text(json.dumps(text))


def test_short_accounts_go_where_a_name_or_an_arn_tells_them():
    assert {"UserId": 91, "OwnerId": "90002"} == Redaction().json({"UserId": 26, "OwnerId": "26842"})
    assert [("x-acs-parent-uid", "90001")] == Redaction().headers([("x-acs-parent-uid", "26842")])
    assert {"Uuid": "26842", "ActionGuid": 26842} == Redaction().json({"Uuid": "26842", "ActionGuid": 26842})
    assert "acs:ram::90001:role/x" == Redaction().text("acs:ram::26842:role/x")
    assert "no permission for user id: 90001" == Redaction().text("no permission for user id: 26842")


def shape(value):
    """The kinds of a value, and of all in it; of numbers also how many digits they have."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return (type(value), len(str(value)) if isinstance(value, int) else None)


def test_an_account_is_the_same_one_everywhere_and_another_is_another():
    redaction = Redaction()
    run = redaction.json({"UserId": int(ACCOUNT), "ParentUserId": ACCOUNT, "Other": RAM_USER})
    header = dict(redaction.headers([("x-principal-arn", f"acs:ram::{ACCOUNT}:role/x")]))
    text = redaction.text(f"by {RAM_USER}")

    assert str(run["UserId"]) == run["ParentUserId"] != run["Other"]
    assert len(run["Other"]) == len(RAM_USER)
    assert f"acs:ram::{run['UserId']}:role/x" == header["x-principal-arn"]
    assert f"by {run['Other']}" == text


def test_what_is_no_secret_stays_to_the_letter():
    reply = {
        "RequestId": "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E",
        "PipelineRuns": [{"PipelineRunId": "flow-hynm2bv8wqhp5esfxq", "Status": "Running", "IsDeleted": False}],
        "Nodes": [{"NodeId": "node-123456789012345678", "StartedAt": "2021-01-21T17:12:35.232Z", "FinishedAt": None}],
        "Outputs": [
            {
                "Value": '{"location": {"endpoint": "http://service.odps.aliyun.com/api", "project": "p"}}',
                "Metadata": {"tokenizer": "bert", "task": "x", "mask": [1, 2.5, True], "accuracy": 0.25},
                "ExpandedArtifactIndex": 0,
            }
        ],
        "TraceId": "0a981ea81698765432109876e2244e7ba2",
        "empty": "",
    }

    assert reply == redact_json(reply)
    assert json.dumps(reply) == redact_text(json.dumps(reply))
    assert json.dumps(reply, indent=3) == redact_text(json.dumps(reply, indent=3))


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_where_something_goes_from_json_the_rest_is_written_as_it_was(separators):
    def written(account):
        return json.dumps(
            {"UserId": account, "Name": "größe", "Value": '{"a": 1}'}, ensure_ascii=False, separators=separators
        )

    assert written("9000000000000001") == Redaction().text(written(ACCOUNT))


def test_a_copy_is_given_and_nothing_is_changed():
    value = {"UserId": ACCOUNT, "deep": [{"token": SECRET}]}
    before = json.dumps(value)
    redacted = redact_json(value)

    assert before == json.dumps(value)
    assert redacted["deep"] is not value["deep"]


def test_headers_stay_where_they_were_with_their_names():
    headers = [
        ("Host", "paiflow.cn-hangzhou.aliyuncs.com"),
        ("Authorization", f"ACS3-HMAC-SHA256 Credential={SECRET},SignedHeaders=host;x-acs-date,Signature=00{SECRET}"),
        ("x-acs-security-token", SECRET),
        ("x-acs-accesskey-id", SECRET),
        ("x-acs-bearer-token", SECRET),
        ("Proxy-Authorization", f"Basic {SECRET}"),
        ("Cookie", f"a={SECRET}; b={SECRET}"),
        ("Set-Cookie", f"a={SECRET}; Path=/"),
        ("Location", f"https://u:{SECRET}@h/?Signature={SECRET}"),
        ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
        ("x-acs-credentials-provider", "static_sts"),
        ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("x-acs-date", "2026-11-23T12:00:00Z"),
    ]
    redacted = redact_headers(headers)

    assert [name for name, _ in headers] == [name for name, _ in redacted]
    assert SECRET not in str(redacted)
    assert "ACS3-HMAC-SHA256 Credential=[redacted],SignedHeaders=host;x-acs-date,Signature=[redacted]" == redacted[1][1]
    assert [headers[0], *headers[-4:]] == [redacted[0], *redacted[-4:]]


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        f"ACS3-HMAC-SHA256 {SECRET}",
        f"ACS3-HMAC-SHA256 Credential=a,b{SECRET},SignedHeaders=host,Signature=00",
        f"ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host {SECRET},Signature=00",
        f"ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=00 {SECRET}",
        f"ACS3-HMAC-SHA256\nCredential={SECRET}",
        f"acs id:{SECRET}",
    ],
)
def test_of_an_authorization_that_is_not_well_formed_nothing_is_trusted(value):
    assert SECRET not in str(redact_headers([("authorization", value)]))


def test_what_cannot_be_looked_through_goes_whole():
    deep = SECRET
    for _ in range(100_000):
        deep = [deep]

    assert "[redacted]" == redact_json(deep)
    assert "[redacted]" == redact_json({"UserId": 10**5000})
    assert "9" * 400 not in redact_text('{"UserId": ' + "9" * 5000 + "}")


def test_numbers_too_large_for_an_account_stay():
    numbers = {"a": 1e308, "UserId": -1e30, "b": 12.5, "c": -(10**13)}

    assert numbers == redact_json(numbers)
    assert json.dumps(numbers) == redact_text(json.dumps(numbers))


def test_a_name_that_is_there_twice_hides_nothing():
    assert SECRET not in redact_text(f'{{"Password": "{SECRET}", "Password": ""}}')


def test_what_was_redacted_once_stays_as_it_is():
    for template in [*WORDED, *NAMED]:
        once = redact_text(template.replace("{}", f"{SECRET}{ACCOUNT}"))

        assert once == redact_text(once)


@pytest.mark.parametrize(
    "piece",
    [
        *("a", "0", "eyJ", "://", "%3A%2F%2F", "a@", "acs:", "token", "token\\", '"', "{", "[", "\\", "CAIS", "=", " "),
        *(
            "-p a",
            "'-p','a",
            "login -p ",
            "密码：",
            "sk-",
            '"a":"',
            "a:",
            "--a-password ",
            "“",
            "// -p /",
            "ticket=",
            "ghp_",
        ),
        *("token ", "\n", "=\n", "&quot;", "%25", "cookie: a", "\0a", "token:\nAbCdEfGhIjKlMnOpQrSt", "A/b-"),
    ],
)
def test_no_text_takes_long(piece):
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    redact_text(text)
    redact_text("password: " + text)

    assert time.process_time() - started < 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
ENCODINGS = {
    "as it is": lambda text: text,
    "JSON in a string": lambda text: json.dumps({"Value": text}),
    "JSON, escaped once more": lambda text: json.dumps(json.dumps({"Value": text}))[1:-1],
    "percent-encoded": lambda text: quote(text, safe=""),
}


@given(
    JSON, st.sampled_from(["UserId", "ParentUserId", "AuthPrincipalOwnerId", "Uid"]), st.sampled_from(sorted(ENCODINGS))
)
@settings(max_examples=100)
def test_an_account_goes_from_any_json(around, name, encoding):
    value = {"a": around, name: ACCOUNT, "list": [around, {name: int(ACCOUNT)}]}
    text = ENCODINGS[encoding](json.dumps(value))

    assert ACCOUNT not in json.dumps(redact_json(value))
    assert ACCOUNT not in redact_text(text)


@given(JSON)
def test_any_json_keeps_its_kinds(value):
    redacted = redact_json(value)

    assert kinds(value) == kinds(redacted)


def kinds(value):
    """The kinds of a value, and of all in it, without names."""
    if isinstance(value, dict | list):
        return [type(value), *map(kinds, value.values() if isinstance(value, dict) else value)]
    return type(value)


def test_base64_of_json_goes_as_it_may_be_a_token():
    encoded = base64.b64encode(json.dumps({"token": SECRET}).encode()).decode()

    assert encoded.rstrip("=") not in redact_text(f"state is {encoded}")


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("said", [f"AccessKeySecret={SECRET}", f"acs:ram::{ACCOUNT}:role/x", f"a>?~ token: {SECRET}"])
def test_base64_of_what_would_have_to_go_goes(encode, said):
    encoded = encode(said.encode()).decode()

    assert encoded.rstrip("=") not in redact_text(f"state is {encoded}")


def test_base64_of_anything_else_stays():
    encoded = base64.b64encode(b"the pipeline run has ended well").decode()

    assert encoded == redact_text(encoded)


@pytest.mark.parametrize(
    "value",
    [
        {"Key": "token", "Val": SECRET},
        {"ParameterKey": "password", "ParameterValue": SECRET},
        {"Name": "SECRET_TOKEN", "Data": [SECRET]},
        ["AccessKeySecret", SECRET],
        [["a", "b"], ["password", {"a": SECRET}]],
    ],
)
def test_what_names_a_secret_beside_it_is_believed(value):
    assert SECRET not in str(redact_json(value))


def test_two_texts_of_which_none_is_a_name_stay():
    assert ["Running", "Succeeded"] == redact_json(["Running", "Succeeded"])


def test_letters_two_bytes_wide_hide_nothing():
    text = f"AccessKeySecret={SECRET}".encode("utf-16-le").decode("latin-1")

    assert SECRET not in redact_text(text).replace("\0", "")


@pytest.mark.parametrize("text", ["The security token has expired.", "password is required", "no such access key"])
def test_words_about_secrets_are_none(text):
    assert text == redact_text(text)
