"""The suites: each module holds the cases of one, written from the documentation and not from known defects."""
