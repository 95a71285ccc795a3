"""Lists: filters, sorting, pages, counts, and what another user may see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock.calls import LASTING, NOW, TEMPORARY, ask, got, refusal

from paiflow.mock import HandClock, MockService
from paiflow.mock.items import Item
from paiflow.mock.table import Table
from paiflow.mock.timeline import Timeline

SORTABLE = (
    "PipelineId",
    "UserId",
    "ParentUserId",
    "StartedAt",
    "FinishedAt",
    "Duration",
    "GmtCreateTime",
    "GmtModifiedTime",
)


@pytest.fixture
def clock():
    return HandClock(NOW)


@pytest.fixture
def service(clock):
    return MockService([LASTING, TEMPORARY], clock=clock, sample=False)


def listed(service, action="ListPipelineRuns", **parameters):
    """The ids on one page, and the count of all."""
    reply = got(service, action, **parameters)
    items = next(value for value in reply.values() if isinstance(value, list))
    key = {"ListPipelineRuns": "PipelineRunId", "ListPipelines": "PipelineId", "ListWorkspaces": "WorkspaceId"}[action]
    return [item[key] for item in items], reply["TotalCount"]


RUNS = {
    "flow-a": {"workspace_id": "1", "name": "train", "PipelineId": "pipeline-1", "SourceType": "SDK", "SourceId": "s1"},
    "flow-b": {"workspace_id": "1", "name": "train", "PipelineId": "pipeline-2", "UserId": 15, "SourceId": "s2"},
    "flow-c": {"workspace_id": "2", "name": "Train", "PipelineId": "pipeline-1", "UserId": "15"},
}


@pytest.fixture
def with_runs(service, clock):
    for number, (run_id, fields) in enumerate(RUNS.items()):
        statuses = [(0, "Running"), (10 + number, "Failed" if number else "Succeeded")]
        service.stage.add_run(run_id, statuses, **fields)
        clock.advance(1)
    return service


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "cba"),
        ({"Order": "ASC"}, "abc"),
        ({"WorkspaceId": "1"}, "ba"),
        ({"WorkspaceId": "3"}, ""),
        ({"Name": "train"}, "ba"),
        ({"Name": "trai"}, ""),
        ({"PipelineIds": "pipeline-1"}, "ca"),
        ({"PipelineIds": "pipeline-2, pipeline-1"}, "cba"),
        ({"PipelineIds": "pipeline-1,pipeline-9"}, "ca"),
        ({"SourceType": "SDK"}, "a"),
        ({"SourceType": "UNKNOWN"}, "cb"),
        ({"SourceId": "s2"}, "b"),
        ({"UserId": "15"}, "cb"),
        ({"PipelineRunId": "flow-c"}, "c"),
        ({"Status": "Running"}, "cb"),
        ({"Status": "Succeeded"}, "a"),
        ({"Status": "Running", "WorkspaceId": "1"}, "b"),
        ({"Status": "Running", "WorkspaceId": "1", "Name": "Train"}, ""),
        ({"SortBy": "PipelineId", "Order": "ASC"}, "acb"),
        ({"SortBy": "PipelineId"}, "bca"),
        ({"SortBy": "Duration", "Order": "ASC"}, "bca"),
        ({"SortBy": "FinishedAt", "Order": "ASC"}, "bca"),
        ({"SortBy": "WorkflowServiceId", "Order": "ASC"}, "abc"),
    ],
)
def test_runs_are_filtered_and_sorted(with_runs, clock, parameters, expected):
    clock.advance(8)  # flow-a has succeeded, flow-b and flow-c still run

    ids = [f"flow-{letter}" for letter in expected]
    assert (ids, len(ids)) == listed(with_runs, **parameters)
    clock.advance(60)
    assert listed(with_runs, Status="Failed", Order="ASC") == (["flow-b", "flow-c"], 2)


@pytest.mark.parametrize("sort_by", [None, *SORTABLE])
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_pages_hold_each_run_once_and_count_all(service, clock, sort_by, size):
    for number in range(20):
        clock.advance(number % 3)
        status = [(0, "Running"), (number % 4, "Succeeded")]
        service.stage.add_run(f"flow-{number}", status, PipelineId=f"pipeline-{number % 3}", UserId=number % 5)
    clock.advance(60)
    sort = {"SortBy": sort_by} if sort_by else {}

    for order in ("ASC", "DESC"):
        pages = [
            listed(service, PageNumber=page, PageSize=size, Order=order, **sort) for page in range(1, 20 // size + 3)
        ]
        ids = [run_id for page, _ in pages for run_id in page]

        assert {20} == {total for _, total in pages}
        assert sorted(ids) == sorted(f"flow-{number}" for number in range(20))
        assert all(len(page) == size for page, _ in pages[: 20 // size])
        values = [value_of(service, run_id, sort_by) for run_id in ids] if sort_by else []
        assert values == sorted(values, reverse=order == "DESC")


def value_of(service, run_id, name):
    value = got(service, "GetPipelineRun", PipelineRunId=run_id).get(name)
    return value if isinstance(value, int) and name == "Duration" else str(value or "")


def test_a_page_has_ten_runs_and_a_page_behind_the_last_has_none(service):
    for number in range(11):
        service.stage.add_run(f"flow-{number}")

    assert 10 == len(listed(service)[0])
    assert ([], 11) == listed(service, PageNumber=3)
    assert ([], 11) == listed(service, PageNumber=2_147_483_647, PageSize=2_147_483_647)


def test_oldest_first_no_run_is_lost_while_others_are_added(service, clock):
    for number in range(4):
        service.stage.add_run(f"flow-{number}")
        clock.advance(1)
    seen = []
    for page in range(1, 5):
        seen += listed(service, PageNumber=page, PageSize=2, SortBy="GmtCreateTime", Order="ASC")[0]
        service.stage.add_run(f"flow-new-{page}")
        clock.advance(1)

    assert [f"flow-{number}" for number in range(4)] == seen[:4]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("deleted", ["vanishes", "deleted"])
def test_what_is_gone_is_not_listed(service, clock, deleted):
    service.stage.add_run("flow-1", **{deleted: [(10, 20)] if deleted == "vanishes" else 10})
    seen = []
    for seconds in (9, 1, 20):
        clock.advance(seconds)
        seen.append(listed(service, Status="Running")[1])

    assert [1, 0, 1 if deleted == "vanishes" else 0] == seen


class TestTwoUsers:
    """A run is the first user's; TEMPORARY is another one."""

    @pytest.fixture
    def private(self, service):
        run_id = self.create(service, "PRIVATE")
        root = got(service, "GetPipelineRun", PipelineRunId=run_id)["NodeId"]
        return {"PipelineRunId": run_id, "NodeId": root}

    def create(self, service, accessibility, **settings):
        body = {"WorkspaceId": "1", "PipelineManifest": "metadata: {identifier: a}", "Accessibility": accessibility}
        return got(service, "CreatePipelineRun", body, **settings)["PipelineRunId"]

    @pytest.mark.parametrize(
        ("action", "more"),
        [
            ("GetPipelineRun", {}),
            ("StartPipelineRun", {}),
            ("TerminatePipelineRun", {}),
            ("RerunPipelineRun", {}),
            ("DeletePipelineRun", {}),
            ("GetPipelineRunNode", {}),
            ("ListPipelineRunNodeStatus", {}),
            ("ListPipelineRunNodeOutputs", {"Depth": 1}),
            ("ListPipelineRunNodeLogs", {}),
        ],
    )
    def test_a_private_run_does_not_exist_for_another_user(self, service, private, action, more):
        parameters = private if "Node" in action else {"PipelineRunId": private["PipelineRunId"]}

        theirs = ask(service, action, credentials=TEMPORARY, **parameters, **more)

        assert (404, "PipelineRunNotFound") == refusal(theirs)

    def test_a_private_run_is_listed_for_its_user_only(self, service, private):
        run_id = private["PipelineRunId"]
        asked = [{"PipelineRuns": [run_id]}, {"Nodes": [private]}]

        assert [([run_id], 1), ([], 0)] == [listed(service, credentials=one) for one in (LASTING, TEMPORARY)]
        for body in asked:
            assert any(got(service, "ListPipelineRunsStatus", body).values())
            assert not any(got(service, "ListPipelineRunsStatus", body, credentials=TEMPORARY).values())

    def test_a_public_run_is_everybody_s(self, service):
        run_id = self.create(service, "PUBLIC")

        assert ([run_id], 1) == listed(service, credentials=TEMPORARY)
        assert run_id == got(service, "GetPipelineRun", PipelineRunId=run_id, credentials=TEMPORARY)["PipelineRunId"]

    def test_a_run_belongs_to_the_user_who_creates_it(self, service):
        theirs = self.create(service, "PRIVATE", credentials=TEMPORARY)
        user = service.user_of(TEMPORARY.access_key_id)

        assert user == got(service, "GetPipelineRun", PipelineRunId=theirs, credentials=TEMPORARY)["UserId"]
        assert ([theirs], 1) == listed(service, credentials=TEMPORARY, UserId=user)
        assert ([], 0) == listed(service, UserId=user)

    def test_pages_mix_what_is_public_and_what_is_one_s_own(self, service, clock):
        due = []
        for number in range(12):
            clock.advance(1)
            credentials = (LASTING, TEMPORARY)[number % 2]
            run_id = self.create(service, ("PUBLIC", "PRIVATE", "PRIVATE")[number % 3], credentials=credentials)
            if credentials is LASTING or number % 3 == 0:
                due.append(run_id)

        pages = [listed(service, PageNumber=page, PageSize=3, Order="ASC") for page in range(1, 5)]

        assert due == [run_id for page, _ in pages for run_id in page]
        assert {len(due)} == {total for _, total in pages}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "321"),
        ({"PipelineIdentifier": "train"}, "1"),
        ({"PipelineIdentifier": "trai"}, ""),
        ({"PipelineIdentifier": "trai", "FuzzyMatching": "true"}, "21"),
        ({"PipelineIdentifier": "trai", "FuzzyMatching": "false"}, ""),
        ({"PipelineIdentifier": "rea", "WorkspaceId": "1", "FuzzyMatching": "true"}, "3"),
        ({"PipelineProvider": "pai"}, "3"),
        ({"PipelineVersion": "v2", "PipelineProvider": "15"}, "2"),
        ({"WorkspaceId": "7"}, "2"),
        ({"PageSize": 1, "PageNumber": 2}, "2"),
    ],
)
def test_pipelines_are_filtered(service, clock, parameters, expected):
    for number, (identifier, provider, version) in enumerate(
        [("train", "15", "v1"), ("retrain", "15", "v2"), ("read", "pai", "v1")], 1
    ):
        metadata = {"identifier": identifier, "provider": provider, "version": version}
        service.stage.add_pipeline(
            f"pipeline-{number}", {"metadata": metadata}, workspace_id="7" if number == 2 else "1"
        )
        clock.advance(1)

    ids, total = listed(service, "ListPipelines", **parameters)

    assert [f"pipeline-{number}" for number in expected] == ids
    assert total == (3 if "PageSize" in parameters else len(expected))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "123"),
        ({"Order": "DESC"}, "321"),
        ({"SortBy": "GmtModifiedTime"}, "312"),
        ({"WorkspaceName": "two"}, "2"),
        ({"Status": "FROZEN"}, "3"),
        ({"WorkspaceIds": "3,1,9"}, "13"),
        ({"WorkspaceIds": "3,1", "Status": "ENABLED"}, "1"),
    ],
)
def test_workspaces_are_filtered_and_sorted(service, clock, parameters, expected):
    for number, name in enumerate(["one", "two", "three"], 1):
        fields = {"Status": "FROZEN", "GmtModifiedTime": "2020-01-01T00:00:00Z"} if number == 3 else {}
        service.stage.add_workspace(str(number), name=name, **fields)
        clock.advance(1)

    assert (list(expected), len(expected)) == listed(service, "ListWorkspaces", **parameters)


def test_workspaces_are_limited_to_their_ids_or_give_way_to_limits():
    service = MockService([LASTING], clock=HandClock(NOW))

    assert {"WorkspaceId"} == {
        name for one in got(service, "ListWorkspaces", Fields="Id")["Workspaces"] for name in one
    }
    limits = {"MaxCompute_share": 1, "MaxCompute_isolate": 1, "DLC_share": 1}
    assert {"ResourceLimits": limits} == got(service, "ListWorkspaces", Option="GetResourceLimits")


values = st.sampled_from("ab")
items = st.lists(st.tuples(values, values, st.lists(st.tuples(st.integers(0, 9), values), max_size=4)), max_size=12)


@given(
    items,
    st.lists(st.integers(0, 10), min_size=1, max_size=4),
    st.dictionaries(st.sampled_from("XYZ"), st.sets(values)),
)
def test_a_table_finds_what_a_walk_over_all_would_find(given_items, moments, wanted):
    table: Table[Item] = Table("Thing", ["X", "Status"])
    for number, (x, y, statuses) in enumerate(given_items):
        timeline = Timeline(statuses=[(float(moment), text) for moment, text in sorted(statuses)])
        table.add(
            Item((str(number),), {"X": x, "Y": y, "GmtCreateTime": "2020-01-01"}, timeline=timeline), 0, str(number)
        )

    for now in sorted(moments):
        table.catch_up(now)
        due = []
        for number, (x, y, statuses) in enumerate(given_items):
            status = [text for moment, text in sorted(statuses) if moment <= now]
            fields = {"X": x, "Y": y, "Status": status[-1] if status else None, "Z": None}
            if (not statuses or status) and all(fields[name] in allowed for name, allowed in wanted.items()):
                due.append(str(number))

        assert due == [item.id for item in table.select("user", wanted)]
