"""The link: what a real socket does is reported, and old connections are told apart from the new one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from websockets.sync.server import ServerConnection, serve

from imapp.cli.chat.inbox import Inbox, Item
from imapp.cli.chat.link import Closed, Link, Opened, Received

DEADLINE_S = 10.0


@contextmanager
def served(handler: Callable[[ServerConnection], None]) -> Iterator[str]:
    """A server on loopback that treats each connection so; gives its address."""
    with serve(handler, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            host, port = server.socket.getsockname()[:2]
            yield f"ws://{host}:{port}/ws"
        finally:
            server.shutdown()
            thread.join()


def reports(inbox: Inbox, count: int) -> list[Item]:
    found = [inbox.get(DEADLINE_S) for _ in range(count)]
    assert None not in found, f"only {found} within {DEADLINE_S} s"
    return [item for item in found if item is not None]


def test_frames_go_both_ways_until_the_close_is_reported() -> None:
    def echo_once(socket: ServerConnection) -> None:
        socket.send(f"you said {socket.recv(DEADLINE_S)!r}")
        socket.close(4003, "restart")

    inbox = Inbox()
    with served(echo_once) as url:
        link = Link(url, inbox.put)
        link.connect()
        assert reports(inbox, 1) == [Opened(1)]
        link.send("hi")
        assert reports(inbox, 2) == [Received(1, "you said 'hi'"), Closed(1, 4003, "restart")]


def test_a_connection_that_breaks_has_no_code() -> None:
    def break_off(socket: ServerConnection) -> None:
        socket.socket.close()

    inbox = Inbox()
    with served(break_off) as url:
        Link(url, inbox.put).connect()
        assert reports(inbox, 2)[-1] == Closed(1, None, "the connection was lost")


def test_a_connection_that_can_not_be_made_is_reported_with_the_reason() -> None:
    with served(lambda _socket: None) as url:
        pass  # from here on nobody listens there
    inbox = Inbox()
    Link(url, inbox.put).connect()
    assert reports(inbox, 1) == [Closed(1, None, f"{url}: Connection refused")]


def test_what_is_given_up_reports_under_an_old_number() -> None:
    def wait(socket: ServerConnection) -> None:
        socket.recv(DEADLINE_S)

    inbox = Inbox()
    with served(wait) as url:
        link = Link(url, inbox.put)
        link.connect()
        reports(inbox, 1)
        link.close(1000)
        [closed] = reports(inbox, 1)
        assert closed == Closed(1, 1000, "")
        assert link.number == 2


def test_a_frame_for_a_connection_that_has_ended_is_lost_without_noise() -> None:
    inbox = Inbox()
    with served(lambda socket: socket.close(1001)) as url:
        link = Link(url, inbox.put)
        link.connect()
        assert reports(inbox, 2)[-1] == Closed(1, 1001, "")
        link.send("too late")
        assert link.number == 1
