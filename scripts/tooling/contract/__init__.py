"""Judge a service by its contract: the effective description, the vendor's rules for signing, and HTTP.

From the bottom up:

    http        requests, replies, strict JSON
    signer      requests signed rightly, or wrongly in one point
    expected_replies    what is known to exist, and so what reply is due to a request
    checks      what holds of every exchange, whoever sent it
    session     sends, judges, keeps the record
    suites      lookups, authentication, protocol, generated (schemathesis), lifecycle, live
    guards      a run that checked nothing does not pass
    report      a table, failures by cause, JUnit
    known_secrets, recording    what was exchanged, as an HTTP archive, without the credentials in any form
    command     options, environment, exit status
"""
