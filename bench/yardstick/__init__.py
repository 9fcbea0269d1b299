"""The bare send path, kept only to measure against: gateway, batched tasks, clustered log, fanout.

No membership, no receipts, no retries, no reply frames, no error handling. It shows what speed the shape
allows on the machine at hand; nothing of it is product code.
"""
