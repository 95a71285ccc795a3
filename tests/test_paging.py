"""All pages of an operation, lazily: each item once, in spite of pages that shift, repeat, or are cut short."""

import asyncio
import inspect
from itertools import islice

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paiflow
from paiflow.client.paging import REPEATS, items
from paiflow.errors import ServerFault
from paiflow.steps import Ask, Items
from paiflow_api.calling import Call
from paiflow_api.methods import AsyncMethods, Methods
from paiflow_api.operations import LIST_PIPELINE_RUNS, OPERATIONS

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")


class Listing:
    """A service's list, newest first or oldest first, that changes as it is read.

    Attributes:
        ids: oldest first.
        asked: number and size of each page that was asked for.
        changes: by the count of pages that were asked for, what happens after them.
    """

    def __init__(self, size, *, newest_first=False, cap=1000, total=None, repeats_the_last=False, hidden=()):
        self.ids = [f"flow-{number}" for number in range(size)]
        self.asked = []
        self.changes = {}
        self.cap, self.total, self.hidden = cap, total, hidden
        self.newest_first, self.repeats_the_last = newest_first, repeats_the_last

    def page(self, number, size):
        self.asked.append((number, size))
        size = min(size, self.cap)
        ids = self.ids[::-1] if self.newest_first else list(self.ids)
        if self.repeats_the_last:
            number = min(number, max(1, -(-len(ids) // size)))
        shown = [id_ for id_ in ids[(number - 1) * size : number * size] if id_ not in self.hidden]
        total = len(ids) if self.total is None else self.total
        self.changes.get(len(self.asked), lambda: None)()
        return {"RequestId": "R", "TotalCount": total, "PipelineRuns": [{"PipelineRunId": id_} for id_ in shown]}

    def add(self, *ids):
        self.ids.extend(ids)


def read(listing, limit=None, page_size=3, most=100):
    """Return the ids that are yielded; at most so many pages are answered."""
    found = []
    steps = items(Call(LIST_PIPELINE_RUNS, {}), limit, page_size)
    step = next(steps)
    try:
        while True:
            if isinstance(step, Items):
                found += [item.pipeline_run_id for item in step.values]
                step = next(steps)
            else:
                assert isinstance(step, Ask)
                assert len(listing.asked) < most
                [call] = step.calls
                page = listing.page(call.arguments["PageNumber"], call.arguments["PageSize"])
                step = steps.send([LIST_PIPELINE_RUNS.reply.from_dict(page)])
    except StopIteration:
        return found


@given(
    size=st.integers(0, 20), page_size=st.integers(1, 8), limit=st.none() | st.integers(1, 25), cap=st.integers(1, 8)
)
def test_all_items_once_whatever_the_size_of_a_page(size, page_size, limit, cap):
    listing = Listing(size, cap=cap)

    assert listing.ids[:limit] == read(listing, limit, page_size)
    assert len(listing.asked) <= size // min(cap, page_size, limit or page_size) + 3
    assert all(asked == min(page_size, limit or page_size) for _, asked in listing.asked)


@pytest.mark.parametrize("total", [0, 1, 7, 8, 1_000_000])
def test_the_total_ends_nothing(total):
    listing = Listing(7, total=total)

    assert listing.ids == read(listing)
    assert [1, 2, 3, 4] == [number for number, _ in listing.asked]


@given(added=st.lists(st.integers(0, 4), max_size=10), page_size=st.integers(1, 4))
def test_oldest_first_nothing_is_lost_while_items_are_added(added, page_size):
    listing = Listing(6)
    for place, count in enumerate(added, 1):
        listing.changes[place] = lambda place=place, count=count: listing.add(
            *[f"new-{place}-{n}" for n in range(count)]
        )

    found = read(listing, page_size=page_size)

    assert len(found) >= 6
    assert set(listing.ids[: len(found)]) == set(found)
    assert listing.ids[:6] == found[:6]


@pytest.mark.parametrize("added", range(1, 7))
@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_newest_first_items_that_are_added_push_others_back_but_not_out(added, page_size):
    """As many as a page holds make the next page a repetition, which is not the end."""
    listing = Listing(8, newest_first=True)
    before = listing.ids[::-1]
    listing.changes[2] = lambda: listing.add(*[f"new-{number}" for number in range(added)])
    found = read(listing, page_size=page_size)

    assert before == [id_ for id_ in found if id_ in before]
    assert len(found) == len(set(found))


def test_an_item_that_is_deleted_may_hide_one():
    listing = Listing(7)
    listing.changes[1] = lambda: listing.ids.remove("flow-0")

    assert ["flow-0", "flow-1", "flow-2", "flow-4", "flow-5", "flow-6"] == read(listing)


@pytest.mark.parametrize(("total", "pages"), [(None, 4), (0, 4), (1_000_000, 3 + REPEATS)])
def test_a_service_that_repeats_its_last_page_is_read_to_its_end(total, pages):
    listing = Listing(8, repeats_the_last=True, total=total)

    assert listing.ids == read(listing)
    assert pages == len(listing.asked)


def test_a_page_that_is_short_is_not_the_last():
    listing = Listing(9, hidden={"flow-1", "flow-4"})

    assert [f"flow-{number}" for number in (0, 2, 3, 5, 6, 7, 8)] == read(listing)


def test_items_without_an_id_are_all_yielded():
    class Nameless(Listing):
        def page(self, number, size):
            page = super().page(number, size)
            return {**page, "PipelineRuns": [{"Name": run["PipelineRunId"]} for run in page["PipelineRuns"]]}

    assert [None] * 7 == read(Nameless(7))


@pytest.mark.parametrize(("limit", "pages"), [(1, 1), (3, 1), (4, 2), (6, 2), (7, 3), (8, 4)])
def test_no_page_is_asked_for_beyond_the_limit(limit, pages):
    listing = Listing(7)

    assert listing.ids[:limit] == read(listing, limit)
    assert pages == len(listing.asked)


# By the clients

PAGED = {name: one for name, one in OPERATIONS.items() if one.pages is not None and one.pages.by == "page"}
ITERATORS = {
    "ListPipelines": "iter_pipelines",
    "ListPipelineRuns": "iter_pipeline_runs",
    "ListPipelineRunNodeOutputs": "iter_pipeline_run_node_outputs",
    "ListWorkspaces": "iter_workspaces",
}


class Pages:
    """Answers any paged operation with seven items."""

    def __init__(self):
        self.queries = []

    def __call__(self, request):
        query = dict(request.url.params)
        self.queries.append(query)
        pages = PAGED[request.headers["x-acs-action"]].pages
        number, size = int(query[pages.number]), int(query[pages.size])
        listed = [{pages.id: str(place)} for place in range(7)][(number - 1) * size : number * size]
        return httpx.Response(200, json={"RequestId": "R", pages.items: listed, pages.total: 7})


def arguments(operation):
    return {one.argument: 1 for one in operation.parameters if one.required}


def test_each_paged_operation_has_an_iterator():
    assert PAGED.keys() == ITERATORS.keys()


@pytest.mark.parametrize("operation", PAGED.values(), ids=PAGED)
def test_an_iterator_takes_all_filters_and_is_lazy(operation):
    pages = Pages()
    wanted = {
        **arguments(operation),
        **({"order": "ASC"} if operation.name != "ListPipelines" else {"fuzzy_matching": True}),
    }
    with paiflow.PaiFlow("r", credentials=CREDENTIALS, transport=httpx.MockTransport(pages)) as client:
        found = getattr(client, ITERATORS[operation.name])(**wanted, page_size=2)
        asked = [len(pages.queries)]
        three = operation.pages.ids_of(list(islice(found, 3)))
        asked.append(len(pages.queries))
        rest = operation.pages.ids_of(list(found))
    names = {
        one.argument for one in operation.parameters if one.name not in (operation.pages.number, operation.pages.size)
    }

    assert ([0, 2], ["0", "1", "2"], ["3", "4", "5", "6"]) == (asked, three, rest)
    assert [("1", "2"), ("2", "2"), ("3", "2"), ("4", "2"), ("5", "2")] == [
        (query[operation.pages.number], query[operation.pages.size]) for query in pages.queries
    ]
    assert all(query.get("Order") == "ASC" or query.get("FuzzyMatching") == "true" for query in pages.queries)
    for methods in (Methods, AsyncMethods):
        taken = inspect.signature(getattr(methods, ITERATORS[operation.name])).parameters.keys() - {"self"}
        assert names | {"limit", "page_size"} == taken


@pytest.mark.parametrize("operation", PAGED.values(), ids=PAGED)
def test_so_is_the_one_to_await(operation):
    pages = Pages()

    async def main():
        async with paiflow.AsyncPaiFlow("r", credentials=CREDENTIALS, transport=httpx.MockTransport(pages)) as client:
            found = getattr(client, ITERATORS[operation.name])(**arguments(operation), page_size=3, limit=5)
            first = await anext(found)
            asked = len(pages.queries)
            return asked, operation.pages.ids_of([first, *[item async for item in found]])

    assert (1, ["0", "1", "2", "3", "4"]) == asyncio.run(main())
    assert 2 == len(pages.queries)


@pytest.mark.parametrize(
    "counts", [{"limit": 0}, {"limit": -1}, {"limit": 1.5}, {"page_size": 0}, {"page_size": True}, {"page_size": "9"}]
)
def test_counts_are_whole_numbers_above_zero(counts):
    with paiflow.PaiFlow("r", credentials=CREDENTIALS, transport=httpx.MockTransport(Pages())) as client:
        found = client.iter_pipeline_runs(**counts)
        with pytest.raises(paiflow.InvalidRequest, match="must be a whole number of at least 1"):
            next(found)


def test_a_fault_that_passes_goes_unseen_and_another_ends_the_reading():
    pages, replies = Pages(), iter([None, 503, None, 503])

    def answer(request):
        status = next(replies)
        return pages(request) if status is None else httpx.Response(status)

    policy = paiflow.RetryPolicy(attempts=2, base=1e-9)
    with paiflow.PaiFlow("r", credentials=CREDENTIALS, transport=httpx.MockTransport(answer), retries=policy) as client:
        found = [run.pipeline_run_id for run in islice(client.iter_pipeline_runs(page_size=2), 4)]
        replies = iter([503, 503])
        with pytest.raises(ServerFault):
            list(client.iter_pipeline_runs())

    assert ["0", "1", "2", "3"] == found
