"""The parameters of a query, which many requests repeat."""

import pytest

from paiflow.mock.description import effective_description
from paiflow.mock.query import _values, read_parameters
from paiflow.mock.refusals import Refusal

LIST = effective_description().operations["ListPipelineRuns"]
GET = effective_description().operations["GetPipelineRun"]


def test_what_is_done_to_the_parameters_of_one_request_does_not_change_those_of_the_next():
    first = read_parameters(LIST, {}, b"PageNumber=2&Name=a")
    first["Name"] = "b"
    first["Other"] = 1

    assert {"PageNumber": 2, "Name": "a"} == read_parameters(LIST, {}, b"PageNumber=2&Name=a")


def test_equal_queries_of_other_paths_and_operations_are_not_mixed_up():
    found = [
        read_parameters(GET, {"PipelineRunId": "flow-a"}, b"Verbose=true"),
        read_parameters(GET, {"PipelineRunId": "flow-b"}, b"Verbose=true"),
        read_parameters(LIST, {}, b"Verbose=true"),
    ]

    assert [{"PipelineRunId": "flow-a", "Verbose": True}, {"PipelineRunId": "flow-b", "Verbose": True}, {}] == found


def test_a_query_that_is_refused_is_refused_again():
    for _ in range(2):
        with pytest.raises(Refusal, match="InvalidParameter"):
            read_parameters(LIST, {}, b"PageNumber=none")


def test_a_query_that_may_hold_a_token_is_not_remembered():
    before = _values.cache_info().misses
    found = read_parameters(GET, {"PipelineRunId": "flow-a"}, b"Token%49d=share-token")

    assert {"PipelineRunId": "flow-a", "TokenId": "share-token"} == found
    assert before == _values.cache_info().misses
