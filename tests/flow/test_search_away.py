"""While Elasticsearch is away: search says so at once, and nothing else notices."""

import time
from typing import Any

import pytest

from schemas.messages import OneEntry
from schemas.search import ContactPage, MessageHits
from tests.conftest import ClusterFactory
from tests.support.cluster import Cluster
from tests.support.link import RefusedError
from tests.support.processes import free_port
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import PATIENCE_S, eventually

AT_ONCE_S = 1.0


@pytest.mark.parametrize("url", ["", f"http://127.0.0.1:{free_port()}"], ids=["none configured", "not there"])
def test_search_is_refused_at_once_and_all_else_works(own_cluster: ClusterFactory, url: str) -> None:
    cluster = own_cluster(es_url=url, gateways=1, writers=1)
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        rest, client = scene.rest(an), scene.connect(an)
        sent = rest.send_to(bo, "预算")

        for ask in (
            lambda: rest.get("/search/messages", MessageHits, words="预算"),
            lambda: client.request("search_messages", words="预算"),
        ):
            for _ in range(4):
                begun = time.monotonic()
                with pytest.raises(RefusedError) as told:
                    ask()
                assert time.monotonic() - begun < AT_ONCE_S
                assert (told.value.code, told.value.reply.retry_after) == ("search_unavailable", 2.0)
        response = rest.call("GET", "/search/messages", params={"words": "预算"})
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")

        assert [entry.content for entry in rest.history(sent.channel_id).entries] == ["预算"]
        assert rest.get("/search/contacts", ContactPage, words=bo).cursor is None


def test_what_is_hot_is_read_as_far_back_as_it_goes_without_what_it_says_of_the_archive(
    own_cluster: ClusterFactory,
) -> None:
    cluster = own_cluster(es_url=f"http://127.0.0.1:{free_port()}", gateways=1, writers=1)
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        client, writer, rest = scene.connect(an), scene.rest(an), scene.rest(bo)
        channel = client.write("create_group", name="team", user_ids=[bo]).channel_id
        first, old = writer.send_text(channel, "first"), writer.send_text(channel, "old")
        reply = writer.send_text(channel, "as I said", reply_to=old.message_id)
        writer.send_text(channel, "so be it", reply_to=reply.message_id)
        edit = client.write("edit", channel_id=channel, message_id=old.message_id, content="older")
        archive(cluster, channel, below=reply.seq)

        for reader in (client, rest):
            page = reader.history(channel, limit=50)
            assert [entry.content for entry in page.entries] == ["as I said", "so be it", ""]
            assert (page.from_seq, page.to_seq, page.more_before) == (reply.seq, edit.seq, True)
            assert [quote.content for quote in page.quotes] == ["as I said"]
            assert reader.history(channel, around=reply.seq, limit=4).from_seq == reply.seq
            for old_page in ({"before": reply.seq}, {"around": old.seq}, {"after": first.seq}):
                with pytest.raises(RefusedError, match="search_unavailable") as told:
                    reader.history(channel, **old_page)
                assert told.value.reply.retry_after == 2.0
        assert rest.get(f"/messages/{reply.message_id}", OneEntry).quote is None
        with pytest.raises(RefusedError, match="search_unavailable"):
            rest.entry(old.message_id)


def test_a_repeat_of_what_is_stored_is_answered_though_what_it_names_is_archived_by_now(
    own_cluster: ClusterFactory,
) -> None:
    cluster = own_cluster(es_url=f"http://127.0.0.1:{free_port()}", gateways=1, writers=1)
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        client, rest = scene.connect(an), scene.rest(an)
        channel = client.write("create_group", name="team", user_ids=[bo]).channel_id
        old = [rest.send_text(channel, text) for text in ("answered", "passed on", "edited", "recalled")]
        answered, passed_on, edited, recalled = (entry.message_id for entry in old)
        sends: dict[str, dict[str, Any]] = {
            "reply": {"channel_id": channel, "content": "yes", "reply_to": answered},
            "forward": {"to": bo, "forward_of": passed_on},
        }
        amends: dict[str, dict[str, Any]] = {
            "edit": {"message_id": edited, "content": "changed"},
            "recall": {"message_id": recalled},
        }

        def write(*, prefix: str = "") -> dict[str, str | None]:
            """Each of them, with the same client id whenever it is done."""
            done = {
                name: client.write("send", client_message_id=prefix + name, **fields)
                for name, fields in sends.items()
            } | {
                name: client.write(name, client_message_id=prefix + name, channel_id=channel, **fields)
                for name, fields in amends.items()
            }
            return {name: written.message_id for name, written in done.items()}

        first = write()
        archive(cluster, channel, below=old[-1].seq + 1)

        assert write() == first
        again = rest.send_text(channel, "yes", client_message_id="reply", reply_to=answered)
        assert again.message_id == first["reply"]
        path, body = f"/messages/{recalled}/recall", {"client_message_id": "recall"}
        assert rest.call("POST", path, json=body).json()["message_id"] == first["recall"]
        with pytest.raises(RefusedError, match="conflict"):
            client.write(
                "send", client_message_id="reply", channel_id=channel, content="no", reply_to=answered
            )
        with pytest.raises(RefusedError, match="search_unavailable"):
            write(prefix="new-")


def archive(cluster: Cluster, channel: str, *, below: int) -> None:
    """Let the entries before this seq be in the archive alone, which is not there."""
    database = cluster.database
    database["channels"].update_one({"_id": channel}, {"$set": {"hot_from_seq": below}})
    database["messages"].delete_many({"channel_id": channel, "seq": {"$lt": below}})


def test_what_names_an_archived_message_is_refused_for_good_and_holds_up_nothing(
    own_cluster: ClusterFactory,
) -> None:
    cluster = own_cluster(es_url=f"http://127.0.0.1:{free_port()}", gateways=1, writers=1)
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        old = scene.rest(an).send_to(bo, "old")
        client = scene.connect(an)
        client.send_text(old.channel_id, "newer")
        archive(cluster, old.channel_id, below=old.seq + 1)

        for number in range(3):  # as a client does that keeps trying
            refused = client.post_text(old.channel_id, "yes", reply_to=old.message_id)
            plain = client.post_text(old.channel_id, f"plain {number}")
            assert plain.result(PATIENCE_S)["type"] == "ok"
            with pytest.raises(RefusedError, match="search_unavailable") as told:
                refused.result(PATIENCE_S)
            assert told.value.reply.retry_after is None, "a repeat would stand behind what was sent since"
        for ask in (
            lambda: client.write("recall", channel_id=old.channel_id, message_id=old.message_id),
            lambda: scene.rest(an).send_text(old.channel_id, "yes", reply_to=old.message_id),
        ):
            with pytest.raises(RefusedError, match="search_unavailable") as told:
                ask()
            assert told.value.reply.retry_after is None
        client.send_text(old.channel_id, "last")

        texts = [entry.content for entry in client.history(old.channel_id, after=old.seq or 0).entries]
        assert texts == ["newer", "plain 0", "plain 1", "plain 2", "last"]


def test_while_nobody_indexes_a_recalled_message_is_in_no_total_and_the_coverage_says_what_is_missing(
    own_cluster: ClusterFactory, index_url: str
) -> None:
    cluster = own_cluster(es_url=index_url, gateways=1, writers=1)
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        rest, client = scene.rest(an), scene.connect(an)
        first = rest.send_to(bo, "机密 one")
        eventually(lambda: finds(rest, [first.content]))
        cluster.freeze("archive")

        client.write("recall", channel_id=first.channel_id, message_id=first.message_id)
        second = rest.send_to(bo, "机密 two")

        page = search(rest)
        assert (page.hits, page.total, page.channels) == ([], 0, [])
        assert page.coverage.channels_behind == 1
        assert page.coverage.complete_until <= second.server_time

        cluster.thaw("archive")
        eventually(lambda: finds(rest, [second.content]))
        eventually(lambda: search(rest).coverage.channels_behind == 0)
        assert search(rest).total == 1


def search(rest: RestClient) -> MessageHits:
    return rest.get("/search/messages", MessageHits, words="机密")


def finds(rest: RestClient, wanted: list[str]) -> bool:
    """Whether these are found; while an index is just being made there may be no answer yet."""
    try:
        return [hit.entry.content for hit in search(rest).hits] == wanted
    except RefusedError as refused:
        if refused.code != "search_unavailable":
            raise
        return False
