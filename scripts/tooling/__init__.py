"""The modules behind the entry points in `scripts/`; run with that folder on the path."""
