"""Faults under load: something breaks while a crowd talks, and the checker judges every message.

Purpose: each test hurts the system in one way, waits until everybody is whole again, and has everything
judged that anybody sent, was answered, was shown or reads in the end (I1-I5). Its docstring names the guard
that keeps the promise and the switch: what to turn off to see it fail.
What stays out: single moments without load (`tests/e2e`), and speed (`bench`).
Two forms: `make test` runs each fault once, short and always alike. `make test-faults` repeats all with
other seeds and a bigger crowd, longer; a seed, printed with each result, decides who is where and when it
happens: `make test-faults FAULT_SEED=...` takes the same again.
Lifecycle: one cluster for all; after each test it is mended, so no fault may leave lasting harm.
"""
