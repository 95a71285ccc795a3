"""Judge a service by the effective description and the vendor's rules: our mock by default, or any endpoint.

Credentials come from the environment, as for the client. PAIFLOW_CONTRACT_RUNS (ids, separated by commas) and
PAIFLOW_WORKSPACE_ID name what exists at an endpoint; PAIFLOW_CONTRACT_NODES (RUN/NODE, separated by commas) nodes.
On this machine, with none of them set, the vendor's sample is taken to be there, as in our mock. A service elsewhere
gets a few right requests and nothing else.
--record keeps what was exchanged, without secrets and account ids, as an HTTP archive (HAR 1.2).
Exit status: 0 conforms, 1 does not, 2 usage or it could not run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from paiflow import PaiFlowError
from paiflow.credentials import KEY_ID, KEY_SECRET
from tooling.contract import report, targets
from tooling.contract.guards import guard
from tooling.contract.recording import recorded
from tooling.contract.session import GaveUpError, Session
from tooling.contract.suites import afterwards, authentication, generated, lifecycle, live, lookups, protocol
from tooling.contract.targets import Target
from tooling.contract.wire import CannotConnectError
from tooling.generation import effective_description

EXAMPLES = 100


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    endpoint: str | None = None
    examples: int = EXAMPLES
    only: str = ""
    body: str | None = None
    json: str | None = None
    junit: Path | None = None
    record: Path | None = None
    allow_http: bool = False
    resolve: str | None = None

    def repeated(self) -> list[str]:
        """Return the options that a repetition needs."""
        repeated = [] if self.endpoint is None else ["--endpoint", self.endpoint]
        repeated += [] if self.resolve is None else ["--resolve", self.resolve]
        repeated += ["--allow-http"] if self.allow_http else []
        return repeated if self.examples == EXAMPLES else [*repeated, "--examples", str(self.examples)]


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parsed(arguments)
    try:
        with _no_proxies():
            return run(options, os.environ)
    except (PaiFlowError, CannotConnectError, OSError) as error:
        print(f"scripts/contract: {' '.join(str(error).split())}", file=sys.stderr)
    except KeyboardInterrupt:
        print("scripts/contract: interrupted", file=sys.stderr)
    return 2


def parsed(arguments: list[str] | None) -> Options:
    """Return the options, or leave with 2."""
    summary, _, details = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="scripts/contract",
        description=summary,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--endpoint", metavar="URL", help="the service to judge; our mock, started here, by default")
    parser.add_argument(
        "--examples", metavar="N", type=positive, default=EXAMPLES, help=f"cases to make up (default {EXAMPLES})"
    )
    parser.add_argument("--only", metavar="SUITE/CASE", default="", help="only cases whose name starts like this")
    parser.add_argument("--body", metavar="JSON", help="send only this body, signed, and judge the reply")
    parser.add_argument(
        "--json", metavar="FILE", help="write the results as JSON too; - is stdout, instead of the text"
    )
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write the results as JUnit's XML too")
    parser.add_argument(
        "--record", metavar="DIR", type=Path, help="keep what was exchanged in a new file in this folder"
    )
    parser.add_argument("--resolve", metavar="ADDRESS", help="connect to this address, whatever the endpoint's host is")
    parser.add_argument("--allow-http", action="store_true", help="plain http also to a host that is not this machine")
    return Options(**vars(parser.parse_args(arguments)))


def positive(text: str) -> int:
    """Return a whole number above 0."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def run(options: Options, environ: Mapping[str, str]) -> int:
    """Judge a service, print the report, and return the exit status.

    Raises:
        PaiFlowError: the options or the environment will not do.
        CannotConnectError: nobody listens there.
    """
    with opened(options, environ) as target:
        session = target.session
        sessions = [session, target.hand.session] if target.hand else [session]
        words = sys.stderr if options.json == "-" else sys.stdout
        print(f"judging {session.endpoint}", file=words, flush=True)
        if target.live:
            print(
                f"not on this machine: at most {live.CALLS} calls, right requests of ListPipelineRunsStatus only,"
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
def opened(options: Options, environ: Mapping[str, str]) -> Iterator[Target]:
    """Give what the options name.

    Raises:
        PaiFlowError: it cannot be judged.
    """
    description = effective_description()
    if options.endpoint is None:
        with targets.our_mock(description) as target:
            yield target
    else:
        with targets.at_endpoint(options.endpoint, options.resolve, options.allow_http, environ, description) as target:
            yield target


def judge(target: Target, options: Options) -> None:
    """Run all suites that the target can bear, or what the options ask for.

    Raises:
        PaiFlowError: no case has the name that was asked for.
        GaveUpError: the service does not answer any more.
    """
    session = target.session
    if not targets.start(target):
        print(f"the service refuses right requests: are {KEY_ID} and {KEY_SECRET} right? Nothing else was tried.")
        return
    if options.body is not None:
        with session.suite("body"), session.case("body"):
            session.ask(body=options.body.encode())
        return
    ran = _live(target, options.only) if target.live else _all(target, options)
    if not options.only:
        guard(session, ran)
    elif not any(session.tallies[suite].cases for suite in ran if suite in session.tallies):
        raise PaiFlowError(f"no case starts like {options.only!r}")


def _live(target: Target, only: str) -> list[str]:
    target.session.run("live", live.cases(target.session.world), only)
    return ["live"]


def _all(target: Target, options: Options) -> list[str]:
    """Run all suites, and return their names."""
    session, only = target.session, options.only
    suites = {
        "lookups": lookups.cases(session.world),
        "authentication": authentication.cases(session.world),
        "protocol": protocol.cases(session.world),
    }
    ran = [suite for suite in (*suites, "generated", "lifecycle", "afterwards") if _wanted(suite, only)]
    for suite, cases in suites.items():
        if suite in ran:
            session.run(suite, cases, only)
    if "generated" in ran:
        generated.run(session, target.description, options.examples)
    if "lifecycle" in ran:
        _lifecycle(target, only)
    if "afterwards" in ran:
        session.run("afterwards", afterwards.cases(), only)
    phases = [suite for suite in session.tallies if suite.startswith("generated/")]
    named = [*ran, *(phases or ["generated/fuzzing"])]
    return [suite for suite in named if suite != "generated" and (target.hand or suite != "lifecycle")]


def _lifecycle(target: Target, only: str) -> None:
    """Run the stories of runs' lives, where there is a hand on the mock."""
    if target.hand is None:
        print("left out: the life of runs, which needs a hand on the service (our own mock, without --endpoint)")
        return
    stories = target.hand.session
    stories.run("lifecycle", lifecycle.cases(target.hand.service, target.hand.clock), only)
    _join(target.session, stories)


def _join(session: Session, other: Session) -> None:
    """Take over what another session did and found."""
    session.tallies |= other.tallies
    session.findings += other.findings


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
