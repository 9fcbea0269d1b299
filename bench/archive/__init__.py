"""`python -m bench.archive`: how fast old messages are indexed, moved, read and found.

Purpose: in one run, on services of its own, plant a log as a year of use leaves it, let the product's own
processes index and move it, and measure each step and every way of reading. Beside each stands a floor: the
same requests to Elasticsearch or MongoDB with nothing around them.
What stays out: passing or failing on speed. A run after which `imapp archive verify` finds a fault fails.
"""
