"""Faults of the archive: Elasticsearch breaks, or a move to it does, and nothing is lost on the way there."""
