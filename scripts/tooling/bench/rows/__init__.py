"""What is compared with what: a module for each row."""

from tooling.bench.rows import call, decode, importing, mock, scripts, size, statuses, waiting
from tooling.bench.rows.row import Row

ROWS: tuple[Row, ...] = (
    importing.ROW,
    size.ROW,
    call.ROW,
    decode.ROW,
    statuses.ROW,
    waiting.ROW,
    mock.ROW,
    scripts.ROW,
)
"""In the order of the table."""
