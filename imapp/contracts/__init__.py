"""What the developer of a client reads and generates from, made from the structs of `schemas/`.

Purpose: `asyncapi` describes the WebSocket, `frame_examples` shows each frame, `socket_page` turns the
description into a page for people, `typescript` makes types of all shapes.
What stays out: serving, which is `imapp.rest`; the OpenAPI document, which flask-smorest makes there.
Invariants: pure; a new frame or field needs nothing here but its example; the same input gives the same text.
Allowed imports: `schemas`, msgspec, jinja2.
"""
