"""Rules of the archive: what may move, what a moved range is known by, where a page of history lies."""
