"""What becomes of entries after they were delivered: indexed in Elasticsearch within seconds.

Stays out: how entries look there (`stores.archive`), what people search for.
Threads: tasks of the archive workers; any number of them, any order, any number of times.
Invariants: up to a channel's `indexed_seq` every entry is in the index as MongoDB has it, or set aside.
"""
