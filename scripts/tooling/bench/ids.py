"""The ids of the runs that are asked for."""


def run_id(number: int) -> str:
    """Return the id of one of many runs, as long as the vendor's."""
    return f"flow-{number:018d}"
