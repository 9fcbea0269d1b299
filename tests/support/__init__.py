"""What tests and the benchmark share: the real product as processes, people who use it, and the judge.

Purpose: start a cluster, speak the public protocol to it, record everything and check the invariants.
What stays out: the product's own code. Only `schemas/`, the wire's shapes, is imported from it, so that a
mistake in the product can't hide in its test.
Threads: clients read on threads of their own; `Recorder` is the one place they share.
"""
