"""`make bench`: what the product does per second and per CPU second, beside what the bare shape would do.

Purpose: in one run, on services of its own, load the product and the yardstick by turns, count every message
with the same checker as the tests, and print rates, latencies and CPU beside each other and beside the floor.
What stays out: passing or failing on speed. A run whose messages don't add up fails; a slow one is a figure.
Processes: the generator and each system are processes of their own, so their CPU is told apart.
"""
