"""What the mock takes from a description, wherever it stands in it."""

import jsonschema_rs
import pytest

from paiflow.mock.description import Description


def test_a_body_at_a_templated_path_is_judged_through_references():
    schema = {"$ref": "#/components/schemas/A~1~0b%20%7Bc%7D"}
    update = {
        "operationId": "UpdateRun",
        "requestBody": {"$ref": "#/components/requestBodies/Update"},
        "responses": {"200": {"description": "d"}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "2021-02-02"},
        "paths": {
            "/runs/{RunId}": {
                "x-name": {"type": "string"},
                "put": update,
                "delete": {"operationId": "DeleteRun", "responses": {}},
            }
        },
        "components": {
            "schemas": {
                "A/~b {c}": {
                    "type": "object",
                    "properties": {"Self": {"$ref": "#/paths/~1runs~1%7BRunId%7D/x-name"}},
                    "required": ["Name"],
                }
            },
            "requestBodies": {"Update": {"content": {"application/json; charset=utf-8": {"schema": schema}}}},
        },
    }
    operations = Description(document).operations

    assert operations["DeleteRun"].body is None
    operations["UpdateRun"].body.validate({"Name": "n", "Self": "s"})
    for wrong in ({}, {"Name": "n", "Self": 1}):
        with pytest.raises(jsonschema_rs.ValidationError):
            operations["UpdateRun"].body.validate(wrong)
