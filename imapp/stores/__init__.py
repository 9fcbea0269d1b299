"""MongoDB: one module per collection, and the only code that knows pymongo.

Purpose: the log, channel heads, members, people and the few rows the writers keep about themselves.
What stays out: rules. A store reads and writes what it is told.
Threads: a store is safe to share between threads and greenlets; the client behind it is opened after fork.
Invariants: the log is written with w=majority and j=true; what a repeat is answered from is read with
majority read concern; driver errors leave here as `StoreUnavailable` or `LogConflict`.
Allowed imports: `imapp.domain` and below, pymongo, bson.
"""
