"""An echo for texts and binaries on the product's own connection class, and nothing else of the product."""

from typing import Final

import flask_sock
from flask import Flask

from imapp.services.outgoing.frames import websocket_frame
from imapp.ws.connection import Connection

# Case 9.1.6 sends a message of 16 MiB.
_MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
_BINARY: Final = b"\x82"


def echo(connection: Connection) -> None:
    """Every message comes back as what it was: a text or a binary."""
    for message in connection.messages():
        if isinstance(message, str):
            connection.reply(websocket_frame(message.encode()))
        else:
            connection.reply(_BINARY + websocket_frame(message)[1:])


app = Flask("echo", static_folder=None)
app.config["SOCK_SERVER_OPTIONS"] = {"max_message_size": _MAX_MESSAGE_BYTES}
flask_sock.Server = Connection
flask_sock.Sock(app).route("/")(echo)
