"""What operators ask: health, dependencies, one of a kind, demo people."""
