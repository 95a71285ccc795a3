"""What is tried: each module holds the cases of one suite, written from the promises and not from known defects."""
