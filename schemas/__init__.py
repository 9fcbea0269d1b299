"""Every shape that crosses a wire, defined once.

Purpose: the WebSocket frames, the REST bodies and the queue payloads are `msgspec` structs here; decoding
with them is the validation, and the OpenAPI document is derived from them.
What stays out: behaviour. A struct here has no I/O, no clock and no rule beyond the limits of its fields.
Invariants: a field keeps its meaning for ever; new fields are optional; queue payloads carry a version.
Allowed imports: `msgspec` and the standard library.
"""
