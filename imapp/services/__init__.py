"""The use cases, by what they are about: writing, outgoing, reading, receipts, pushes, identity, operating.

Purpose: bring the pure core, the stores and the broker together.
What stays out: HTTP, frames, sockets; the rules themselves.
Threads: a writer belongs to the one thread of its worker; the readers are safe everywhere.
Invariants: nothing is answered or published before it is stored (I1); nobody reads outside his spans (I3).
Allowed imports: `imapp.stores`, `imapp.broker`, `imapp.domain` and below.
"""
