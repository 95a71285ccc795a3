"""Check a service against the effective description and the vendor's rules: our mock by default, or any endpoint.

Credentials come from the environment, as for the client. A service on this machine is written to: the suite creates
pipelines and runs there, unless --reads-only is given. A service elsewhere gets a few right reads and nothing else;
PAIFLOW_CONTRACT_RUNS (ids, separated by commas) names runs that exist there, PAIFLOW_CONTRACT_NODES (RUN/NODE, separated
by commas) nodes, and PAIFLOW_WORKSPACE_ID their workspace. PAIFLOW_CONTRACT_OTHER_ACCESS_KEY_ID and
PAIFLOW_CONTRACT_OTHER_ACCESS_KEY_SECRET are a second user's, to try what he may see.
--record keeps what was exchanged, without secrets and account ids, as an HTTP archive (HAR 1.2).
Exit status: 0 conforms, 1 does not, 2 usage or it could not run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from paiflow import PaiFlowError, _yaml
from paiflow._description import EFFECTIVE, effective_text
from paiflow.contract import discovery, report, targets
from paiflow.contract.guards import guard
from paiflow.contract.preparation import Stock, add_stock
from paiflow.contract.recording import recorded
from paiflow.contract.session import Case, GaveUpError, Session, Tally
from paiflow.contract.suites import (
    afterwards,
    assumptions,
    authentication,
    generated,
    life,
    lists,
    live,
    lookups,
    protocol,
)
from paiflow.contract.targets import Target
from paiflow.contract.wire import CannotConnectError
from paiflow.credentials import KEY_ID, KEY_SECRET

EXAMPLES = 5


@dataclass(frozen=True)
class Options:
    """The options of the command line, and the command's name."""

    program: str = "scripts/contract"
    endpoint: str | None = None
    examples: int = EXAMPLES
    only: str = ""
    operation: str = ""
    reads_only: bool = False
    body: str | None = None
    json: str | None = None
    junit: Path | None = None
    record: Path | None = None
    allow_http: bool = False
    resolve: str | None = None

    def repeated(self) -> list[str]:
        """Return the options that a repetition needs."""
        repeated = self.program.split()
        repeated += [] if self.endpoint is None else ["--endpoint", self.endpoint]
        repeated += [] if self.resolve is None else ["--resolve", self.resolve]
        repeated += ["--allow-http"] if self.allow_http else []
        return repeated if self.examples == EXAMPLES else [*repeated, "--examples", str(self.examples)]


def main(arguments: list[str] | None = None, program: str = "scripts/contract") -> int:
    """Run the command and return its exit status; `program` is what it is called."""
    options = parsed(arguments, program)
    try:
        with _no_proxies():
            return run(options, os.environ)
    except (PaiFlowError, CannotConnectError, OSError) as error:
        print(f"{program}: {' '.join(str(error).split())}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
    return 2


def parsed(arguments: list[str] | None, program: str = "scripts/contract") -> Options:
    """Return the options, or leave with 2."""
    summary, _, details = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog=program,
        description=summary,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--endpoint", metavar="URL", help="the service to check; our mock, started here, by default")
    parser.add_argument(
        "--examples",
        metavar="N",
        type=positive,
        default=EXAMPLES,
        help=f"cases to make up of each operation (default {EXAMPLES})",
    )
    parser.add_argument("--only", metavar="SUITE/CASE", default="", help="only cases whose name starts like this")
    parser.add_argument("--operation", metavar="ID", default="", help="only cases about this operation")
    parser.add_argument("--reads-only", action="store_true", help="call no operation that changes something")
    parser.add_argument("--body", metavar="JSON", help="send only this body to --operation, and check the reply")
    parser.add_argument(
        "--json", metavar="FILE", help="write the results as JSON too; - is stdout, instead of the text"
    )
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write the results as JUnit's XML too")
    parser.add_argument(
        "--record", metavar="DIR", type=Path, help="keep what was exchanged in a new file in this folder"
    )
    parser.add_argument("--resolve", metavar="ADDRESS", help="connect to this address instead of the endpoint's host")
    parser.add_argument("--allow-http", action="store_true", help="plain http also to a host that is not this machine")
    return Options(program, **vars(parser.parse_args(arguments)))


def positive(text: str) -> int:
    """Return a whole number above 0."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def run(options: Options, environ: Mapping[str, str]) -> int:
    """Check a service, print the report, and return the exit status.

    Raises:
        PaiFlowError: the options or the environment will not do.
        CannotConnectError: no server listens there.
    """
    words = sys.stderr if options.json == "-" else sys.stdout
    with opened(options, environ, report.Progress(words).tell) as target:
        session = target.session
        if options.operation not in ("", *session.interface.operations):
            raise PaiFlowError(f"--operation {options.operation}: there is no such operation in the description")
        sessions = [session, target.hand.session] if target.hand else [session]
        print(f"judging {session.endpoint}", file=words, flush=True)
        if target.live:
            print(
                f"not on this machine: at most {live.CALLS + assumptions.CALLS} calls, right reads only,"
                f" {1 / live.PAUSE:.0f} a second at most",
                file=words,
                flush=True,
            )
        with recorded(options.record, sessions, environ) if options.record else contextlib.nullcontext():
            try:
                judge(target, options)
            except GaveUpError as reason:
                session.found("the-service-goes-on", str(reason))
        if options.json == "-":
            print(report.as_json(session))
        else:
            print(report.summary(session, options.repeated()))
            if options.json:
                Path(options.json).write_text(report.as_json(session) + "\n", encoding="utf-8")
        if options.junit:
            options.junit.write_bytes(report.junit(session))
    return 1 if session.findings else 0


@contextlib.contextmanager
def opened(options: Options, environ: Mapping[str, str], progress: Callable[[str], object] = str) -> Iterator[Target]:
    """Give what the options name.

    Raises:
        PaiFlowError: it cannot be judged.
    """
    document = _yaml.load(effective_text(), EFFECTIVE)
    if options.endpoint is None:
        with targets.our_mock(document, progress) as target:
            yield target
    else:
        resolve, allow_http = options.resolve, options.allow_http
        with targets.at_endpoint(options.endpoint, resolve, allow_http, environ, document, progress) as target:
            yield target


def judge(target: Target, options: Options) -> None:
    """Run all suites that the target can bear, or what the options ask for.

    Raises:
        PaiFlowError: no case has the name that was asked for.
        GaveUpError: the service does not answer any more.
    """
    session = target.session
    if not _start(target, few=target.live or options.reads_only):
        print(f"the service refuses right requests: are {KEY_ID} and {KEY_SECRET} right? Nothing else was tried.")
        return
    if options.body is not None:
        with session.suite("body"), session.case("body"):
            session.ask(options.operation or live.STATUSES, {}, body=options.body.encode())
        return
    reads_only = target.live or options.reads_only
    if reads_only:
        session.run("live", live.cases(session, target.workspace_id), options.only, options.operation)
        session.run("assumptions", assumptions.cases(session), options.only, options.operation)
        ran = ["live"]
    else:
        ran = _all(target, options)
    if not options.only:
        guard(session, () if options.operation else ran, options.operation, reads_only=reads_only)
    elif not any(session.tallies[suite].cases for suite in ran if suite in session.tallies):
        raise PaiFlowError(f"no case starts like {options.only!r}")


def _start(target: Target, *, few: bool) -> bool:
    """Make the first calls: find out whether the credentials are accepted, and what exists. Return whether they are.

    Raises:
        CannotConnectError: no server listens there.
    """
    session = target.session
    with session.suite("start"), session.case("a right request"):
        reply = session.ask(live.STATUSES, {"PipelineRuns": target.run_ids}, first=True, discovering=True)
        if reply is None or reply.status != 200:
            if reply is not None:
                code, message = (str(reply.fields.get(name, "")) for name in ("Code", "Message"))
                why = f"{reply.status} {code}: {message.partition(' server StringToSign')[0]}"
                session.found("credentials-are-accepted", f"the service refuses a right request: {why}")
            return False
        promised = [run for run in target.run_ids if run != targets.SAMPLE_RUN or target.sample]
        for run_id in promised:
            there = session.model.thing("run", run_id)
            session.expect("what-was-promised-is-there", there, f"{run_id} is not there: one that exists was left out")
        if few:
            discovery.discover_a_little(session, target.keys)
    return True


def _all(target: Target, options: Options) -> list[str]:
    """Run all suites, and return their names."""
    session, only, operation = target.session, options.only, options.operation
    stock = _prepared(target, target.session)
    ran: list[str] = []

    def run(suite: str, cases: Callable[[], list[Case]]) -> None:
        if _wanted(suite, only):
            session.run(suite, cases(), only, operation)
            ran.append(suite)

    run("life", lambda: life.beginnings(stock))
    run("authentication", lambda: authentication.cases(session, stock))
    if _wanted("generated", only):
        generated.run(session, stock, options.examples, operation)
        ran += [suite for suite in session.tallies if suite.startswith("generated/")] or ["generated/fuzzing"]
    ends = _wanted("endings", only) or _wanted("lists", only)
    if ends:
        session.run("reruns", life.reruns(stock))
    run("protocol", lambda: protocol.cases(session, stock))
    _run_by_hand(target, options, ran)  # before the endings: time passes, and they need not wait for it
    if ends:
        session.run("endings", life.endings(stock))
        ran.append("endings")
    run("lookups", lambda: lookups.cases(session, stock))
    run("lists", lambda: lists.cases(session, stock))
    run("afterwards", lambda: afterwards.cases(session))
    return ran


def _run_by_hand(target: Target, options: Options, ran: list[str]) -> None:
    """Run what needs a mock whose time is advanced by hand, and take over what it found."""
    session, only = target.session, options.only
    if target.hand is not None and _wanted("by hand", only) and not options.operation:
        try:
            _by_hand(target, only)
        finally:
            _join(session, target.hand.session)
        ran.append("by hand")
    elif target.hand is None:
        session.unchecked.append(
            "what shows after minutes only, such as a nonce that is forgotten early: it needs our mock"
        )


def _prepared(target: Target, session: Session) -> Stock:
    """Find out what exists, compare it with the samples, and put in what is to be asked for."""
    with session.suite("start"), session.case("what exists"):
        discovery.discover(session)
        if target.sample:
            discovery.compare_with_samples(session)
            discovery.ask_for_samples(session)
    with session.suite("start"), session.case("what is put in"):
        return add_stock(session, target.workspace_id)


def _by_hand(target: Target, only: str) -> None:
    """Run a life whose time is advanced by hand."""
    if target.hand is None:
        return
    session, clock = target.hand.session, target.hand.clock
    session.model.frozen = True
    stock = _prepared(target, session)

    def wait(seconds: float) -> None:
        clock.advance(5 * seconds)

    cases = [*life.beginnings(stock), *life.reruns(stock, wait), *life.endings(stock, wait)]
    session.run("by hand", cases, only)
    session.run("by hand", life.by_hand(stock, clock.advance, clock.now), only)
    session.run("by hand", afterwards.by_hand(clock), only)


def _join(session: Session, other: Session) -> None:
    """Take over what another session did and found."""
    for name, tally in other.tallies.items():
        kept = session.tallies.setdefault(name if name == "by hand" else f"by hand/{name}", Tally())
        kept.cases += tally.cases
        kept.checks += tally.checks
        kept.seconds += tally.seconds
    session.findings += other.findings
    session.unchecked += other.unchecked


def _wanted(suite: str, only: str) -> bool:
    return only.startswith(suite) or suite.startswith(only)


@contextlib.contextmanager
def _no_proxies() -> Iterator[None]:
    """No call goes through a proxy: what is judged is the service. The variable is as it was afterwards."""
    before = os.environ.get("NO_PROXY")
    os.environ["NO_PROXY"] = "*"
    try:
        yield
    finally:
        if before is None:
            del os.environ["NO_PROXY"]
        else:
            os.environ["NO_PROXY"] = before
