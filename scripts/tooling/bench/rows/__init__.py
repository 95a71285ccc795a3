"""What is compared with what: a module for each row."""

from tooling.bench.rows import call, commands, decode, importing, listing, log, mock, scripts, size, statuses, waiting
from tooling.bench.rows.row import Row

ROWS: tuple[Row, ...] = (
    statuses.ROW,
    decode.ROW,
    listing.ROW,
    log.ROW,
    call.ROW,
    waiting.ROW,
    importing.ROW,
    commands.ROW,
    size.ROW,
    mock.ROW,
    scripts.ROW,
)
"""In the order of the table."""
