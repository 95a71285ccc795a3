"""The error of the generator. Applying overlays has its own."""


class GenerationError(Exception):
    """The package cannot be generated; the message says what to mend, in one line."""
