"""Check a service against its contract: the effective description, the vendor's rules for signing, and HTTP.

From the bottom up:

    http, wire          requests, replies, strict JSON; sent and taken exactly as they are
    signer              requests signed rightly, or wrongly in one point
    interface           the operations of the description, and the schemas of their replies
    arguments           an operation's arguments, written into a request and read from one
    manifests, things   the pipelines that the suite creates, and the known state of each thing
    model, answers      a model of the service, and the expected reply to a request: a row for each operation
    views               apply replies and requests to the model
    checks              the checks of every exchange
    session             sends requests, checks the exchanges, keeps the record
    discovery           reads the present state; preparation creates pipelines and runs
    suites              lookups, lists, authentication, protocol, generated (schemathesis), life, live
    guards              a run that checked nothing does not pass
    report              tables, failures by cause, JUnit
    known_secrets, recording    the exchanges as an HTTP archive, without the credentials in any form
    command             options, environment, exit status

Needs the extra `contract`.
"""

from paiflow._distribution import PACKAGES

try:
    from paiflow.contract.command import main
except ModuleNotFoundError as _error:
    if _error.name not in PACKAGES["contract"]:
        raise
    raise ImportError(
        f"the contract checks need the package {_error.name}, among others: pip install 'paiflow-client[contract]'",
        name=_error.name,
    ) from None

__all__ = ["main"]
