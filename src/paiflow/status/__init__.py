"""The statuses of many runs and nodes: their ids, in batches, and waits for them to end."""
