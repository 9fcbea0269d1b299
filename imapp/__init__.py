"""The instant-messaging backend: domain core, stores, broker, services, gateway, WebSocket, REST, CLI.

ARCHITECTURE.md shows the way of a message and says which module may import which.
"""
