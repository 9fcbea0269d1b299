"""Elasticsearch: the index of all entries and the archive of the old ones, in the same documents.

Purpose: `client` connects and turns the driver's errors into ours, `documents` says what an entry looks like
there, `indices` which indices there are, `entries` writes, reads and removes by message id.
Stays out: what is searched for (`services.searching`), what is moved and when (`services.archiving`).
Invariants: a document's id is its message id and its version the entry's `rev`, so writing again, late or
twice does no harm; only what a bare server can do is used: no scripts, no plugins, no rights beyond those on
its own indices.
Allowed imports: elasticsearch, here alone.
"""
