"""The change gate: compare two effective descriptions, and check that version and changelog report each change.

Two verdicts on each change, on the wire and for users of the client:

    breaking     existing code may fail, or get another result
    additive     existing code works; there is more to send or to read
    invisible    no observable effect

On the wire, clients of today speak to a service that follows the new description: a request must still be taken, so it
may not become narrower; a reply must still be understood, so it may not become wider. Users of the client write new code
against it, or upgrade: every field of a reply is `X | None` to them, so they notice only what has another name or
another Python type; what the client does for them (paths, methods, headers, signatures) they do not notice.

The rules are tables: at the head of schemas.py (what may be sent and what comes) and of keywords.py (how each keyword
narrows or widens), in rules.py (all around), in release.py (what version it takes).
Where a schema is too much for rules, containment.py asks jsonschema-rs for a proof; what it cannot prove counts as
breaking, and the reason says so.
"""
