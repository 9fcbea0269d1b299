"""Commands in, entries and answers out: the one writer of a shard, and who calls it."""
