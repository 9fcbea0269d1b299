"""A socket that takes little before somebody reads from it."""

import socket
from urllib.parse import urlsplit


def deaf_socket(url: str) -> socket.socket:
    """Connected to a gateway, with a small receive buffer."""
    parts = urlsplit(url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.connect((parts.hostname, parts.port))
    return connection
