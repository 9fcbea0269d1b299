"""The rules of chat, pure: a command and a channel's state in, an entry or a refusal out.

Purpose: everything that can be decided without asking anybody.
What stays out: I/O, threads, clocks, randomness. Time and looked-up facts are arguments.
Invariants: I2 (dense seq), I3 (spans), I4 (a repeat is the same entry) and I6 (watermarks) start here.
Allowed imports: `schemas` and the standard library.
"""
