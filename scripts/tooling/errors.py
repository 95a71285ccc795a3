"""The one error that generating can end with, besides those of the overlays' applier."""


class GenerationError(Exception):
    """The package cannot be generated; the message says what to mend, in one line."""
