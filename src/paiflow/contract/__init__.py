"""Judge a service by its contract: the effective description, the vendor's rules for signing, and HTTP.

From the bottom up:

    http, wire          requests, replies, strict JSON; sent and taken exactly as they are
    signer              requests signed rightly, or wrongly in one point
    interface           the operations of the description, and what their replies have to fit
    arguments           an operation's arguments, written into a request and read from one
    manifests, things   what is put in, and what is known of what exists
    model, answers      what exists, and so what reply is due to a request: a row for each operation
    views               what a reply says of which things, and what a request has done
    checks              what holds of every exchange, whoever sent it
    session             sends, judges, keeps the record
    discovery           finds out what exists; preparation puts things in
    suites              lookups, lists, authentication, protocol, generated (schemathesis), life, live
    guards              a run that checked nothing does not pass
    report              tables, failures by cause, JUnit
    known_secrets, recording    what was exchanged, as an HTTP archive, without the credentials in any form
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
