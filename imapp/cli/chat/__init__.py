"""`imapp chat`: the terminal client, and the reference for what a client must do.

Purpose: let a person see the product's main job from a shell, and let scripts drive it through a pipe.
What stays out: everything of the server; it speaks the public WebSocket protocol, and REST for files and for
lists that the socket has not.
Threads: one owns core and screen and takes everything from one inbox (`session`); one per connection reads
the socket (`link`); one per file carries it (`carrier`), one per list looks it up (`library`); one reads the
person's lines (`console`). They share the inbox and the status around the prompt, replaced as a whole.
Lifecycle: until /quit, the end of the input, or a close code that forbids to come back (45xx). Unanswered
writes are waited for.
Invariants: entries are shown in seq order, once, without a hole; a write is repeated with the same
client_message_id until it has its final answer, and none overtakes an earlier one of its channel.
Layers: `session` > `screen` > `desk` > `core` > `dialogue` > `store` > `company`, `receipts`, `room` >
`timeline`; all from `core` down is sans-I/O. A command is a row in a table of `commands`, and what does it in
`desk`. Allowed imports: `schemas`, `imapp.domain.unread`, msgspec, requests,
websockets, prompt_toolkit, wcwidth.
"""

import os
import random
import secrets
import sys
import time
from itertools import count

from imapp.cli.chat.carrier import Carrier
from imapp.cli.chat.console import open_console
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.inbox import Inbox
from imapp.cli.chat.library import Library
from imapp.cli.chat.link import Link, socket_url
from imapp.cli.chat.rest import Rest
from imapp.cli.chat.screen import Screen
from imapp.cli.chat.session import Session

STOPPED_BY_SERVER = 1
INTERRUPTED = 130


def main(*, user: str, url: str, token: str) -> int:
    """Chat as `user` until he leaves; returns the exit code.

    0 when all is sent, 1 if the server forbade to go on, 130 if something may be unsent: he was interrupted,
    or nobody reads the output.

    `url` is the server's address (http://HOST:PORT) or that of its socket (ws://HOST:PORT/ws).

    Raises:
        ValueError: the address is none.
    """
    inbox = Inbox()
    device = secrets.token_hex(6)
    numbers = count(1)
    core = ChatCore(
        token=token,
        device=f"terminal-{device}",
        clock=time.monotonic,
        jitter=random.uniform,
        new_id=lambda: f"{device}-{next(numbers)}",
    )
    console = open_console(inbox)
    rest = Rest(url, token)
    screen = Screen(
        core, console, user=user, carrier=Carrier(rest, inbox.put), library=Library(rest, inbox.put)
    )
    session = Session(core, Link(socket_url(url), inbox.put), screen, inbox)
    try:
        console.host(session.run)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads on; what is still buffered must not fail at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    if session.dropped:
        return INTERRUPTED
    if session.stopped_why:
        print(f"imapp chat: {session.stopped_why}", file=sys.stderr)
        return STOPPED_BY_SERVER
    return 0
