"""The one error that measuring can end with."""


class BenchError(Exception):
    """Something cannot be measured; the message says what and why, in one line."""
