"""One gateway process: who is connected here, what they must hear, what they want written.

Purpose: the index channel -> sockets, the consumer that feeds it, the batchers that feed the writers.
What stays out: frames' syntax and HTTP (`imapp.ws`, `imapp.rest`), and every rule of chat.
Threads: greenlets of one process. Code between two points that wait is atomic, and the index relies on it:
nothing in `registry` and `delivery` waits, except where a method says so.
Lifecycle: `Gateway.start` after fork; before exit `Gateway.drain`, and last of all `presence.leave`.
Invariants: a socket hears each channel in seq order without a double; whoever may have missed something is
told to resync; nothing is acknowledged that the writer did not report as stored.
Allowed imports: `imapp.services` and below.
"""
