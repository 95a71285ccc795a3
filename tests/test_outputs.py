"""Where an output is: text that other programs take, and None where the service does not say so."""

import json

import pytest

from paiflow import OutputInfo, OutputValue, location_of

END = "http://service.odps.aliyun.com/api"
TABLE = {"location": {"project": "shop", "table": "orders", "endpoint": END}}


def typed(kind):
    return {"type": {"DataSet": {"locationType": kind}}}


@pytest.mark.parametrize(
    ("value", "metadata", "text"),
    [
        (TABLE, typed("MaxComputeTable"), "odps://shop/tables/orders"),
        (TABLE, None, "odps://shop/tables/orders"),
        (TABLE, {"type": "DataSet"}, "odps://shop/tables/orders"),
        (TABLE, typed("SomethingNew"), "odps://shop/tables/orders"),
        ({"location": {"project": "p", "table": "t", "partition": "dt=1/h=2"}}, None, "odps://p/tables/t/dt=1/h=2"),
        ({"location": {"table": "t"}}, None, "t"),
        (
            {"location": {"project": "p", "volume": "v", "volumePartition": "a", "file": "f.txt"}},
            typed("MaxComputeVolume"),
            "odps://p/volumes/v/a/f.txt",
        ),
        ({"location": {"project": "p", "volume": "v"}}, None, "odps://p/volumes/v"),
        ({"name": "m", "location": {"project": "p", "name": "m"}}, None, "odps://p/offlinemodels/m"),
        ({"location": {"bucket": "b", "key": "/a/b/", "endpoint": "e"}}, typed("OSS"), "oss://b/a/b/"),
        ({"location": {"bucket": "b"}}, None, "oss://b"),
        ({"location": {"bucket": "b"}}, typed("MaxComputeTable"), "oss://b"),
        ({"name": "auc", "value": 0.61}, None, None),
        ({"location": {"project": "p", "table": 5}}, None, None),
        ({"location": {"project": "p", "table": ""}}, None, None),
        ({"location": "oss://b/k"}, None, None),
        ({"location": {}}, typed(["OSS"]), None),
        ([TABLE], None, None),
        (None, typed("OSS"), None),
    ],
)
@pytest.mark.parametrize("model", [OutputValue, OutputInfo])
def test_a_location_is_text_that_other_programs_take(model, value, metadata, text):
    fields = {"Metadata": metadata, "Value": None if value is None else json.dumps(value)}
    wire = fields if model is OutputValue else {"Info": {"metadata": metadata, "value": value}}
    location = location_of(model.from_dict(wire))

    assert text == (None if location is None else location.text)


def test_a_value_that_is_escaped_once_more_is_read_as_any():
    output = OutputValue.from_dict({"Value": json.dumps(TABLE).replace('"', r"\"")})

    assert "odps://shop/tables/orders" == location_of(output).text


@pytest.mark.parametrize("value", ["", "no JSON", "{", "null", "5"])
def test_other_values_have_no_location(value):
    assert None is location_of(OutputValue.from_dict({"Value": value}))
