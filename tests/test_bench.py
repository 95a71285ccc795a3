"""The bench's harness: turns, ratios, targets, tables, peers that are missing. Nothing is timed here."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys

import pytest

from tooling.bench import command, environments, pages, replies, report, servers
from tooling.bench.document import Document, Measured
from tooling.bench.environments import LOCK, VENDOR, Environments, closure, pinned
from tooling.bench.errors import BenchError
from tooling.bench.ids import run_id
from tooling.bench.measuring import Sample, in_turns
from tooling.bench.programs import Worker, environment
from tooling.bench.replies import reply
from tooling.bench.results import Line, Spread, Target, alone, compared
from tooling.bench.rows import ROWS, commands, importing, log, mock, scripts, size, statuses, waiting
from tooling.bench.rows.row import Bench, Row
from tooling.bench.workers import timing

RUN = "flow-hynm2bv8wqhp5esfxq"


def samples(*walls, cpu=0.5, peak=None):
    return [Sample(wall, wall * cpu, peak) for wall in walls]


def slow_row(name="slow", limit=1.0):
    """A row whose only line takes two times as long as the other's."""
    line = compared(name, "a thing", "another", samples(2.0, 4.0), samples(1.0, 2.0), Target("≤", limit))
    return Row(name, f"What {name} compares.", (), 7, lambda bench: [line])


@pytest.fixture
def main(tmp_path):
    """The command on made-up rows, with an empty folder for environments."""

    def run(*arguments, rows):
        return command.main([*arguments, "--environments", str(tmp_path)], rows)

    return run


# Turns


def test_each_round_begins_with_the_next_contender_and_the_first_round_does_not_count():
    order = []

    def contender(name):
        def measure():
            order.append(name)
            return Sample(len(order), None)

        return measure

    found = in_turns({name: contender(name) for name in "abc"}, 3)

    assert list("abcbcacababc") == order
    assert {"a": [6, 8, 10], "b": [4, 9, 11], "c": [5, 7, 12]} == {
        name: [sample.wall for sample in taken] for name, taken in found.items()
    }


# Ratios and targets


def test_a_ratio_is_the_median_of_the_rounds_with_the_lowest_and_the_highest():
    line = compared("row", "what", "peer", samples(1.0, 6.0, 2.0), samples(2.0, 2.0, 2.0))

    assert Spread(1.0, 0.5, 3.0) == line.wall == line.cpu
    assert (2.0, 2.0) == (line.ours, line.theirs)


def test_a_ratio_is_of_one_round_not_of_the_medians():
    """The machine was four times as slow in the second half, for both alike."""
    line = compared("row", "what", "peer", samples(1.0, 1.0, 4.0, 4.0), samples(2.0, 2.0, 8.0, 8.0))

    assert Spread(0.5, 0.5, 0.5) == line.wall


def test_where_a_speed_is_due_the_ratio_is_of_speeds():
    target = Target("≥", 2)
    line = compared("row", "what", "peer", samples(0.001), samples(0.004), target, unit="/s")

    assert Spread(4.0, 4.0, 4.0) == line.wall
    assert (1000, 250) == (line.ours, line.theirs)
    assert not line.missed
    assert compared("row", "what", "peer", samples(0.004), samples(0.004), target, unit="/s").missed


def test_what_counts_by_the_processor_is_judged_by_the_processor():
    ours, theirs = [Sample(1.0, 3.0)], [Sample(2.0, 1.0)]

    assert compared("row", "what", "peer", ours, theirs, Target("≤", 1), by="cpu").missed
    assert not compared("row", "what", "peer", ours, theirs, Target("≤", 1)).missed


def test_a_processor_time_that_nobody_knows_makes_no_ratio_and_reaches_no_target():
    ours, theirs = [Sample(1.0, None)], [Sample(2.0, 1.0)]
    line = compared("row", "what", "peer", ours, theirs, Target("≤", 9), by="cpu")

    assert line.cpu is None
    assert line.missed


@pytest.mark.parametrize(
    ("relation", "limit", "met"), [("≤", 2.0, True), ("≤", 1.9, False), ("≥", 2.0, True), ("≥", 2.1, False)]
)
def test_a_target_is_reached_at_its_limit(relation, limit, met):
    assert met == Target(relation, limit).met(2.0)


def test_an_aim_is_no_target():
    assert not compared("row", "what", "peer", samples(2.0), samples(1.0), Target("≤", None, 1.0)).missed
    assert not compared("row", "what", "peer", samples(2.0), samples(1.0), Target("≤", 2.0, 1.0)).missed


def test_memory_is_the_highest_peak_of_a_contender_or_unknown():
    line = compared("row", "what", "peer", samples(1.0, peak=3) + samples(1.0, peak=2), samples(1.0, 1.0))

    assert (3, None) == (line.memory, line.their_memory)


def test_what_is_compared_with_nobody_is_held_to_its_own_figure():
    assert not alone("row", "what", samples(1.0, 9.0, 1.1), 1.2).missed
    assert alone("row", "what", samples(1.0, 1.3, 1.4), 1.2).missed


# Tables


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.5, "s", "1.50 s"),
        (0.0123, "s", "12.3 ms"),
        (0.000631, "s", "631 µs"),
        (-0.0094, "s", "-9.40 ms"),  # of a difference
        (4079.6, "/s", "4,080/s"),
        (6.04e6, "B", "6.0 MB"),
        (8192, "B", "8 kB"),
        (31, "", "31"),
        (0.004, "", "0.00"),
    ],
)
def test_a_figure_has_three_digits_that_count_and_its_unit(value, unit, text):
    assert text == report.amount(value, unit)


def test_a_table_marks_what_is_missed_and_what_is_not():
    [line], [lenient] = slow_row().measure(None), slow_row(limit=3).measure(None)
    lines = report.table([line, lenient]).splitlines()

    shown = [
        "slow",
        "a thing",
        "another",
        "3.00 s",
        "1.50 s",
        "2.00 × (2.00–2.00)",
        "2.00 × (2.00–2.00)",
        "–",
        "≤ 1 ×",
        "MISSED",
    ]
    assert shown == re.split("  +", lines[1])
    assert "ok" == lines[2].split()[-1]


def test_a_line_of_one_s_own_shows_its_own_spread_and_no_ratio():
    cells = report.cells(alone("scripts", "demo", [Sample(0.5, None), Sample(0.7, None), Sample(0.6, None)], 1.0, 0.5))

    spread = "600 ms (500 ms–700 ms)"
    assert ("scripts", "demo", "–", "600 ms", "–", spread, "–", "–", "≤ 1.00 s (500 ms)", "ok") == cells


@pytest.mark.parametrize(
    ("target", "unit", "by", "text", "verdict"),
    [
        (Target("≤", 1.5, 1.2), "s", "cpu", "≤ 1.5 × (1.2 ×) by the processor", "MISSED"),
        (Target("≥", 2.2, 3), "/s", "wall", "≥ 2.2 × its speed (3 × its speed)", "MISSED"),
        (Target("≥", None, 200, figure=True), "/s", "wall", "(200/s)", ""),
    ],
)
def test_a_target_says_what_must_be_reached_what_is_aimed_at_and_what_counts(target, unit, by, text, verdict):
    line = compared("row", "what", "peer", samples(2.0), samples(1.0), target, by=by, unit=unit)

    assert (text, verdict) == report.cells(line)[-2:]


def test_memory_stands_beside_the_time():
    line = compared("row", "what", "peer", samples(2.0, peak=30_000_000), samples(1.0, peak=56_700_000))

    assert "30.0 MB / 56.7 MB" == report.cells(line)[-3]


def document(*rows):
    """What a run of these rows found, with versions."""
    machine = {"processor": "a processor", "cores": "2", "system": "Linux", "python": "CPython 3"}
    measured = {row.name: Measured(row.about, {"paiflow": "0.1.0", row.name: "5"}) for row in rows}
    return Document(machine, measured, [line for row in rows for line in row.measure(None)])


def test_markdown_names_machine_and_versions():
    text = report.markdown(document(slow_row(), slow_row("other")))

    assert "| slow | a thing | another | 3.00 s | 1.50 s |" in text.splitlines()[2]
    assert text.endswith("Measured on 2 cores of a processor, Linux, CPython 3. With other 5, paiflow 0.1.0, slow 5.")


def test_a_page_has_a_table_for_each_row_that_says_its_versions():
    text = report.page(document(slow_row(), slow_row("other")))
    _, slow, other = text.split("### ")

    assert slow.startswith("slow\n\nWhat slow compares. With paiflow 0.1.0, slow 5.\n\n| what | against |")
    assert other.startswith("other\n\nWhat other compares. With paiflow 0.1.0, other 5.\n\n| what | against |")
    assert 3 == slow.count("\n| ")


def test_the_machine_has_neither_host_nor_folder():
    machine = report.machine()

    assert {"processor", "cores", "system", "python"} == set(machine)
    assert os.uname().nodename not in str(machine)


def test_what_json_holds_is_what_was_found():
    found = document(slow_row(), slow_row("other", limit=9))
    bare = alone("scripts", "demo", samples(1.0), 2.0)
    found = Document(found.machine, found.rows, [*found.lines, bare, Line(row="size", what="size", ours=3)])

    assert found == Document.read(found.json())
    assert [True, False, False, False] == [line["missed"] for line in json.loads(found.json())["lines"]]
    assert not any(line.samples for line in Document.read(found.json(samples=False)).lines)


@pytest.mark.parametrize("text", ["{}", "[]", '{"machine": {}, "rows": {"a": {"b": 1}}, "lines": []}', "no JSON"])
def test_other_json_is_an_error(text):
    with pytest.raises(ValueError, match=r"it has not what|Expecting value"):
        Document.read(text)


# The command


def test_what_was_measured_is_shown_with_what_was_compared(main, capsys):
    assert 0 == main(rows=[slow_row(), slow_row("other")])

    out = capsys.readouterr().out
    assert "MISSED" in out
    assert "What slow compares." in out
    assert "What other compares." in out


def test_only_with_check_a_missed_target_is_an_exit_code(main):
    assert 0 == main(rows=[slow_row()])
    assert 1 == main("--check", rows=[slow_row()])
    assert 0 == main("--check", rows=[slow_row(limit=2)])


def test_rows_may_be_chosen(main, capsys):
    main("other", rows=[slow_row(), slow_row("other")])

    assert "slow" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nothing"], "there is no row 'nothing': known are slow"),
        (["--rounds", "0"], "--rounds"),
        (["--json", "nowhere/bench.json"], "there is no such folder"),
    ],
)
def test_wrong_arguments_are_usage_errors_and_nothing_is_measured(main, capsys, arguments, reason):
    row = Row("slow", "", (), 1, lambda bench: pytest.fail("it was measured"))
    with pytest.raises(SystemExit) as left:
        main(*arguments, rows=[row])

    assert 2 == left.value.code
    assert reason in capsys.readouterr().err.splitlines()[-1]


def test_a_list_measures_nothing(main, capsys):
    row = Row("slow", "What is compared.", ("prism",), 1, lambda bench: pytest.fail("it was measured"))

    assert 0 == main("--list", rows=[row])
    assert "slow: What is compared.\n" == capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "rounds"), [([], 7), (["--quick"], 3), (["--rounds", "11"], 11)])
def test_rounds_are_the_row_s_own_unless_said_otherwise(main, arguments, rounds):
    asked = []
    row = Row("slow", "", (), 7, lambda bench: asked.append(bench.rounds) or [])
    main(*arguments, rows=[row])

    assert [rounds] == asked


def test_json_holds_every_sample_and_no_table_stands_beside_it(main, capsys):
    main("--json", "-", rows=[slow_row()])
    document = json.loads(capsys.readouterr().out)

    [line] = document["lines"]
    assert {"machine", "rows", "lines"} == set(document)
    assert ["slow"] == list(document["rows"])
    assert "What slow compares." == document["rows"]["slow"]["about"]
    assert {"paiflow"} == set(document["rows"]["slow"]["versions"])
    taken = [{"wall": 2.0, "cpu": 1.0, "peak": None}, {"wall": 4.0, "cpu": 2.0, "peak": None}]
    assert taken == line["samples"]["ours"]
    assert {"median": 2.0, "low": 2.0, "high": 2.0} == line["wall"]
    assert line["missed"] is True


def test_json_in_a_file_stands_beside_the_table(main, capsys, tmp_path):
    main("--json", str(tmp_path / "bench.json"), rows=[slow_row()])

    assert "MISSED" in capsys.readouterr().out
    assert "slow" == json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["lines"][0]["row"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a page, which stands for that of the documentation."""
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    (tmp_path / pages.PAGE).write_text(f"Before.\n\n{pages.BEGIN}\n\nOld.\n\n{pages.END}\n\nAfter.\n", encoding="utf-8")
    return tmp_path


def test_figures_of_an_earlier_run_are_shown_instead_of_measuring(main, capsys, tmp_path):
    (tmp_path / "bench.json").write_text(document(slow_row()).json(), encoding="utf-8")
    row = Row("slow", "", (), 1, lambda bench: pytest.fail("it was measured"))

    assert 1 == main("--from", str(tmp_path / "bench.json"), "--check", rows=[row])
    assert "MISSED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--page", "slow"], "--page takes no rows"),
        (["--from", "nowhere.json", "slow"], "--from takes no rows"),
        (["--from", "nowhere.json"], "--from nowhere.json: [Errno 2]"),
    ],
)
def test_a_page_and_an_earlier_run_have_all_their_rows(main, capsys, folder, arguments, reason):
    with pytest.raises(SystemExit) as left:
        main(*arguments, rows=[slow_row()])

    assert 2 == left.value.code
    assert reason in capsys.readouterr().err.splitlines()[-1]


# The page


def test_a_page_gets_the_tables_in_place_of_the_old_ones_and_the_figures_beside_it(main, folder):
    assert 0 == main("--page", rows=[slow_row()])

    text = (folder / pages.PAGE).read_text(encoding="utf-8")
    figures = Document.read((folder / pages.FIGURES).read_text(encoding="utf-8"))
    assert text.startswith(f"Before.\n\n{pages.BEGIN}\n\nMeasured on ")
    assert text.endswith(f" |\n\n{pages.END}\n\nAfter.\n")
    assert "### slow" in text
    assert "Old." not in text
    assert text == pages.with_tables(text, figures)
    assert [{}] == [line.samples for line in figures.lines]


@pytest.mark.parametrize(("text", "mark"), [(pages.END, pages.BEGIN), (pages.BEGIN, pages.END), ("", pages.BEGIN)])
def test_a_page_without_a_mark_is_left_as_it_is(main, capsys, folder, text, mark):
    (folder / pages.PAGE).write_text(text, encoding="utf-8")

    assert 2 == main("--page", rows=[slow_row()])
    assert f"scripts/bench: performance.md has no line {mark!r}" == one_line(capsys.readouterr())
    assert text == (folder / pages.PAGE).read_text(encoding="utf-8")
    assert not (folder / pages.FIGURES).exists()


def test_the_page_of_the_documentation_shows_its_figures():
    """`scripts/bench --from docs/maintainers/performance.json --page` makes it so."""
    text = (pages.FOLDER / pages.PAGE).read_text(encoding="utf-8")
    figures = Document.read((pages.FOLDER / pages.FIGURES).read_text(encoding="utf-8"))

    assert pages.with_tables(text, figures) == text
    assert [row.name for row in ROWS] == list(figures.rows)


def test_an_interruption_is_one_line(main, capsys):
    def measure(bench):
        raise KeyboardInterrupt

    assert 130 == main(rows=[Row("slow", "", (), 1, measure)])
    assert "scripts/bench: interrupted" == capsys.readouterr().err.splitlines()[-1]


def test_what_was_started_ends_with_a_run_that_is_terminated(main):
    ended = []

    def measure(bench):
        bench.stack.callback(ended.append, True)
        os.kill(os.getpid(), signal.SIGTERM)
        return pytest.fail("it went on")

    with pytest.raises(SystemExit) as left:
        main(rows=[Row("slow", "", (), 1, measure)])

    assert (143, [True]) == (left.value.code, ended)


# Peers that are missing


def one_line(captured):
    """The only line but for what tells how far it is, which a user sees as an error."""
    assert not captured.out
    [line] = [line for line in captured.err.splitlines() if not line.startswith("bench: ")]
    return line


def needing(name):
    """A row that needs an environment, and one before it that must not be measured when that is missing."""
    rows = [
        Row(kind, "", needs, 1, lambda bench: pytest.fail("it was measured"))
        for kind, needs in (("a", ()), ("b", (name,)))
    ]
    return {"rows": rows}


def test_without_node_prism_is_missing_and_nothing_is_measured(main, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert 2 == main(**needing("prism"))
    assert (
        "scripts/bench: the mock is compared with Prism, which needs node and npm: install Node.js 20 or later"
        == one_line(capsys.readouterr())
    )


def test_a_peer_that_cannot_be_installed_is_named_and_does_not_count_as_made(main, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    assert 2 == main(**needing("vendor"))
    assert one_line(capsys.readouterr()).startswith(
        "scripts/bench: the environment vendor cannot be installed: ERROR: Could not find a version"
    )
    assert not (tmp_path / "vendor" / environments.PINNED).exists()


def test_what_is_not_in_the_lock_is_an_error():
    with pytest.raises(BenchError, match=r"requirements\.lock does not pin absent: run scripts/lock"):
        pinned(["absent"], "present==1 \\\n    --hash=sha256:00\n")


def test_what_is_not_installed_is_an_error():
    with pytest.raises(BenchError, match=r"no-such-distribution is not in \.venv: run scripts/bootstrap"):
        closure(["no-such-distribution"])


def test_pins_are_the_lock_s_with_every_hash_and_no_comment():
    lock = "# made by\na==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n    # via b\nB.c==2 ; x \\\n    --hash=sha256:02\n    # via\n    #   a\nd==3 \\\n    --hash=sha256:03\n"

    assert "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nB.c==2 ; x \\\n    --hash=sha256:02\n" == pinned(
        ["a", "b-c"], lock
    )


def test_the_vendor_s_sdk_brings_what_it_needs_and_nothing_of_ours():
    found = closure([VENDOR])

    assert {VENDOR, "aiohttp", "requests", "cryptography"} <= found
    assert not {"httpx", "msgspec", "paiflow", "pytest"} & found
    assert len(found) == pinned(found, LOCK.read_text(encoding="utf-8")).count("==")


def test_the_extra_fast_is_msgspec_and_not_of_the_core():
    assert ["msgspec"] == environments._needed("paiflow-client", "fast")
    assert "msgspec" not in environments._needed("paiflow-client")


def test_prism_is_pinned_without_the_name_of_any_registry():
    lock = (environments.PRISM / "package-lock.json").read_text(encoding="utf-8")
    wanted = json.loads((environments.PRISM / "package.json").read_text(encoding="utf-8"))["dependencies"]

    assert wanted == json.loads(lock)["packages"][""]["dependencies"]
    assert "resolved" not in lock


def test_a_prism_that_does_not_start_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(servers.shutil, "which", lambda name: sys.executable)

    with pytest.raises(BenchError, match=r"Prism does not start: .*No such file"), servers.prism(tmp_path):
        pass


def test_one_run_at_a_time_has_the_environments(tmp_path, capsys):
    with Environments(tmp_path).kept():
        code = "import sys; from tooling.bench.environments import Environments; from pathlib import Path\n"
        code += "with Environments(Path(sys.argv[1])).kept(): print('has them', flush=True)"
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], env=environment(), stdout=-1, stderr=-1, text=True
        )
        assert "bench: another run is measuring: waiting for it to end\n" == other.stderr.readline()
    out, _ = other.communicate(timeout=30)

    assert "has them\n" == out


# Workers


def test_a_worker_that_breaks_off_says_why():
    with (
        pytest.raises(BenchError, match="decode_vendor broke off: no dates here"),
        Worker([sys.executable, "-c", "import sys; sys.exit('no dates here')"], "decode_vendor") as worker,
    ):
        worker.measure(3)


def test_a_worker_is_ended_when_the_row_fails():
    with contextlib.suppress(ZeroDivisionError), Worker(["sleep", "600"], "sleep") as worker:
        raise ZeroDivisionError

    assert worker._process.returncode not in (None, 0)


def test_a_worker_gets_no_settings_of_the_developer_s(monkeypatch):
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "PAIFLOW_ENDPOINT", "HTTPS_PROXY", "no_proxy", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "x")
    found = environment()

    assert "x" not in found.values()
    assert str(environments.ROOT / "scripts") == found["PYTHONPATH"]


@pytest.fixture
def bench(tmp_path):
    """A bench whose workers run in the development environment, which has all of them."""
    with contextlib.ExitStack() as stack:
        yield Bench(None, tmp_path, 1, stack)


def check(sample):
    assert sample.wall > 0
    assert sample.cpu >= 0


@pytest.mark.parametrize("name", ["decode_paiflow", "decode_vendor", "decode_msgspec"])
def test_a_worker_decodes_a_reply(bench, tmp_path, name):
    (tmp_path / "reply.json").write_bytes(reply(3))

    check(bench.worker(None, name, tmp_path / "reply.json").measure(2))


def test_a_worker_refuses_to_measure_a_reply_whose_dates_it_does_not_decode(bench, tmp_path):
    (tmp_path / "reply.json").write_bytes(reply(3).replace(b"2021-", b"soon-"))

    with pytest.raises(BenchError, match="decode_paiflow broke off: a node's started_at is not decoded"):
        bench.worker(None, "decode_paiflow", tmp_path / "reply.json")


@pytest.fixture
def endpoint(bench):
    """The service, which replies at once."""
    return bench.started(None, "service", 0)[1]


@pytest.mark.parametrize("name", ["call_paiflow", "call_httpx", "call_vendor"])
def test_a_worker_makes_calls(bench, endpoint, name):
    check(bench.worker(None, name, endpoint, run_id(0)).measure(2))


@pytest.mark.parametrize("kind", ["async", "sync"])
@pytest.mark.parametrize("name", ["statuses_paiflow", "statuses_vendor"])
def test_a_worker_learns_all_statuses_or_breaks_off(bench, endpoint, name, kind):
    check(bench.worker(None, name, kind, endpoint, 5, 2, 2).measure(1))
    with pytest.raises(BenchError, match=f"{name} broke off: 10000 of 10001 runs were returned"):
        bench.worker(None, name, kind, endpoint, replies.RUNS + 1, 5_000, 2).measure(1)


@pytest.mark.parametrize("name", ["list_paiflow", "list_vendor"])
def test_a_worker_lists_all_runs_or_breaks_off(bench, endpoint, name):
    check(bench.worker(None, name, endpoint, replies.RUNS, 2_500).measure(1))
    with pytest.raises(BenchError, match=f"{name} broke off: 10000 of 9 runs were returned"):
        bench.worker(None, name, endpoint, 9, 5_000).measure(1)


@pytest.mark.parametrize("name", ["log_paiflow", "log_vendor"])
def test_a_worker_reads_a_log_to_its_end(bench, endpoint, name):
    check(bench.worker(None, name, endpoint, RUN, 1_050).measure(1))


def test_a_service_lets_a_reply_take_its_time(bench):
    """A call waits for the reply. The first one loads modules; the loop of the service counts in milliseconds."""
    worker = bench.worker(None, "call_httpx", bench.started(None, "service", 0.05)[1], run_id(0))
    worker.measure(1)

    assert 0.04 <= worker.measure(1).wall


def test_a_worker_tells_the_peak_of_its_memory(bench, endpoint):
    sample = bench.worker(None, "call_httpx", endpoint, run_id(0)).measure(1)

    assert 10_000_000 < sample.peak < 500_000_000


def test_the_peak_of_a_process_that_is_not_there_is_unknown():
    assert 0 == timing.peak(2**31)


def test_a_command_is_run_and_what_it_takes_is_told(bench):
    sample = bench.worker(None, "commands", sys.executable, "-c", "print(len(b'x' * 200_000_000))").measure(1)

    check(sample)
    assert 200_000_000 < sample.peak < 400_000_000


@pytest.mark.parametrize(
    ("code", "said"), [("print(); raise SystemExit('no')", "fails: no"), ("", "fails: exit status 0")]
)
def test_a_command_that_fails_or_says_nothing_is_an_error(bench, code, said):
    with pytest.raises(BenchError, match=f"commands broke off: .*{said}"):
        bench.worker(None, "commands", sys.executable, "-c", code).measure(1)


def test_a_worker_polls_and_tells_what_is_held(bench):
    waits = bench.worker(None, "wait_paiflow", 250)
    waits.tell("100 20")
    wall, cpu, blocks, size, peak = map(float, waits.read().split())

    assert wall > 0
    assert cpu >= 0
    assert abs(blocks) < 20 * 250  # nothing of each poll is kept for each run
    assert size == int(size)
    assert peak > 10_000_000


def test_the_load_generator_sends_requests_that_the_mock_accepts_and_says_when_one_is_refused(bench):
    _, access = bench.started(None, "mock_server", 0, 0)
    endpoint, key_id, _ = access.split()

    for operation in (mock.STATUSES, mock.RUNS):
        check(bench.worker(None, "load", *access.split(), RUN, 2, operation).measure(20))
    with pytest.raises(BenchError, match=r"load broke off: .*status 400 came where 200 is due"):
        bench.worker(None, "load", endpoint, key_id, "wrong", RUN, 2, mock.RUNS).measure(20)


def test_a_load_generator_that_is_the_bottleneck_is_an_error():
    class Busy:
        def measure(self, count):
            return Sample(0.001, 0.0006)

    with pytest.raises(BenchError, match="the load generator takes 60% of a core"):
        mock.loaded(Busy(), os.getpid(), 10)


class Told:
    """A worker that has told this."""

    def __init__(self, text):
        self._text = text

    def tell(self, line):
        pass

    def read(self):
        return self._text

    def measure(self, count):
        return Sample(*map(float, self._text.split()))


def test_a_line_takes_its_part_of_the_log():
    assert Sample(0.04, 0.02, 7) == log.per_line(Told("4 2 7"), 100)


def test_an_id_takes_its_part_of_the_poll():
    assert Sample(0.04, 0.02, 7) == waiting.polled(Told("4 2 0 0 7"), 100, 3)


def test_what_a_command_takes_is_counted_from_the_least_that_it_can():
    assert Sample(0.25, 0.5, 9) == commands.over(Sample(0.75, 1.0, 9), Sample(0.5, 0.5, 3))


def test_statuses_are_compared_at_each_number_of_calls_in_flight():
    """Of each, the clock's and the processor's time of the async client, with the extra and without, and the sync one's."""
    endings = {(what, by) for _, what, _, _, by, _ in statuses.COMPARED}

    assert (10, 20, 40) == statuses.IN_FLIGHT
    assert {
        ("async", "wall"),
        ("async, processor", "cpu"),
        ("async, extra fast", "wall"),
        ("async, extra fast, processor", "cpu"),
        ("sync", "wall"),
    } == endings


def test_the_processor_time_of_another_process_is_told_or_unknown():
    assert servers.cpu_seconds(os.getpid()) > 0
    assert servers.cpu_seconds(2**31) is None


# Rows


def test_every_row_has_a_name_of_its_own_and_says_what_it_compares():
    assert len(ROWS) == len({row.name for row in ROWS})
    assert all(row.about.endswith(".") for row in ROWS)


def test_an_import_that_fails_is_an_error():
    with pytest.raises(BenchError, match="'import nothing_such' fails: ModuleNotFoundError"):
        importing.imported(sys.executable, "import nothing_such")


def test_an_import_is_measured_in_an_interpreter_of_its_own():
    check(importing.imported(sys.executable, "import json"))


def test_sizes_are_held_to_our_own_figures():
    class Made:
        def get(self, name):
            return environments.Environment(
                None, dict.fromkeys("abcdefghijklm" if name == "core" else "ab", ""), 7_000_000
            )

    distributions, size_bytes = size.measure(Bench(Made(), None, 1, None))

    assert (13, 2, True) == (distributions.ours, distributions.theirs, distributions.missed)
    assert not size_bytes.missed


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Write an executable script, which stands for one of the project's."""
    monkeypatch.setattr(scripts, "ROOT", tmp_path)

    def write(text):
        path = tmp_path / "script"
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    return write


def test_a_script_that_fails_is_an_error(script):
    script("echo stale: x\necho run scripts/regenerate >&2\nexit 1")

    with pytest.raises(BenchError, match="script --check fails: run scripts/regenerate"):
        scripts.whole(["script", "--check"])


def test_a_script_is_ended_at_its_first_line_with_all_that_it_started(script, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    script(f"exec 3>{tmp_path}/pipe\nsleep 60 &\necho\necho words >&3\necho words\nwait")
    closed = select.poll()
    closed.register(reader, select.POLLHUP)

    try:
        assert scripts.first_line("script").cpu is None
        assert b"words\n" == os.read(reader, 100)
        assert [(reader, select.POLLHUP)] == closed.poll(30_000)  # once nobody is left who could write
    finally:
        os.close(reader)


def test_a_script_without_a_word_is_an_error(script):
    script("echo")

    with pytest.raises(BenchError, match="script writes nothing"):
        scripts.first_line("script")
