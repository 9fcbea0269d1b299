"""The WebSocket: frames in and out of one connection, and the conversation with one client.

Purpose: `framing` reads bytes, `connection` owns a socket and its outbox, `dialogue` decodes requests and
encodes replies without any I/O, `session` carries requests out, `endpoint` hangs it into Flask.
What stays out: rules, stores, the broker.
Threads: a connection is read by the greenlet of its request; anybody may enqueue; one greenlet at a time
writes.
Invariants: bytes of two frames never mix; memory per connection is bounded in both directions.
Allowed imports: `imapp.gateway`, `imapp.services` and below, flask, flask_sock, simple_websocket, wsproto.
"""
