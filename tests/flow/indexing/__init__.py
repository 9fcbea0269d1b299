"""The indexer on real stores."""
