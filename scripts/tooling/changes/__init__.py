"""The change gate: what changed between two effective descriptions, for whom, and whether a version says so.

Two verdicts on each change, on the wire and for users of the client:

    breaking     who relied on what was may fail or get something else
    additive     nobody fails; there is more to send, to read, or to rely on
    invisible    nobody can tell

On the wire, clients of today speak to a service that follows the new description: a request must still be taken, so it
may not become narrower; a reply must still be understood, so it may not become wider. Users of the client write new code
against it, or upgrade: in replies they read `X | None` whatever comes, so they notice only what has another name or
another Python type; what the client does for them (paths, methods, headers, signatures) they do not notice.

The rules are tables: at the head of schemas.py (what may be sent and what comes) and of keywords.py (how each keyword
narrows or widens), in rules.py (all around), in release.py (what version it takes).
Where a schema is too much for rules, containment.py asks jsonschema-rs for a proof; what it cannot prove counts as
breaking, and the reason says so.
"""
