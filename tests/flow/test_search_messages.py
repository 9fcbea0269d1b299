"""Messages found by what they say: only what one may read, as it is now, and nothing else in any number."""

# ruff: noqa: RUF001 - what looks alike is what this is about

from typing import Any

import pytest

from schemas import frames
from schemas.search import MAX_SEARCH_WORDS, MessageHits, Piece
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import eventually

pytestmark = pytest.mark.indexed


def search(rest: RestClient, words: str | None = None, **query: Any) -> MessageHits:
    given = {"words": words} if words is not None else {}
    return rest.get("/search/messages", MessageHits, **given, **query)


def texts(page: MessageHits) -> list[str]:
    return [hit.entry.content for hit in page.hits]


def found(rest: RestClient, words: str, wanted: list[str], **query: Any) -> MessageHits:
    """The first page, once it has these texts: they are indexed some time after they were sent."""
    eventually(lambda: texts(search(rest, words, **query)) == wanted)
    return search(rest, words, **query)


def is_complete(rest: RestClient) -> bool:
    """Whether all that was sent to somebody is in the index."""
    return not search(rest, "anything").coverage.channels_behind


def test_a_message_is_found_by_any_part_of_it_and_shown_with_that_marked(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    sent = rest.send_to(bo, "我们下周讨论预算 <b>Budget</b> 👍")

    page = found(scene.rest(bo), "论预 ＢＵＤ 👍", [sent.content])

    assert page.total == 1
    assert [(count.channel_id, count.count) for count in page.channels] == [(sent.channel_id, 1)]
    assert page.hits[0].content == [
        Piece("我们下周讨"),
        Piece("论预", marked=True),
        Piece("算 <b>"),
        Piece("Budget", marked=True),
        Piece("</b> "),
        Piece("👍", marked=True),
    ]
    assert page.cursor is None
    assert search(rest, "预论").total == 0


def test_the_socket_finds_the_same(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    rest.send_to(bo, "讨论预算")
    page = found(rest, "预算", ["讨论预算"])

    reply: frames.SearchMessagesReply = scene.connect(bo).request("search_messages", words="预算")

    assert (reply.hits, reply.total, reply.channels) == (page.hits, page.total, page.channels)


def test_by_sender_channel_type_and_time(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    first, second = scene.rest(an), scene.rest(bo)
    group = first.create_group("team", bo).channel_id
    old = first.send_text(group, "预算 one")
    new = second.send_text(group, "预算 two")
    apart = first.send_to(bo, "预算 apart")
    found(first, "预算", [apart.content, new.content, old.content])

    assert texts(search(first, "预算", channel_id=group)) == [new.content, old.content]
    assert texts(search(first, "预算", sender=bo)) == [new.content]
    assert texts(search(first, sender=bo)) == [new.content]
    assert texts(search(first, "预算", message_type="file")) == []
    assert texts(search(first, channel_id=group, message_type="text", until=new.server_time)) == (
        [old.content] if old.server_time < new.server_time else []
    )
    assert apart.content in texts(search(first, "预算", since=apart.server_time))


def test_the_most_relevant_are_those_that_say_just_that(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    group = rest.create_group("team", bo).channel_id
    for text in ("meet", "meet me", "let us meet tomorrow", "meeting"):
        rest.send_text(group, text)

    found(rest, "meet", ["meet", "meet me", "let us meet tomorrow", "meeting"], order="relevant")


def test_what_one_may_not_read_is_in_no_hit_no_total_and_no_count(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    owner, gone, late, back = (scene.rest(user) for user in (an, bo, chen, ding))
    group = owner.create_group("team", bo, ding).channel_id
    owner.send_text(group, "机密 one")
    owner.remove_member(group, ding)
    owner.send_text(group, "机密 two")
    owner.add_members(group, chen)
    owner.send_text(group, "机密 three")
    gone.leave(group)
    owner.send_text(group, "机密 four")
    owner.add_members(group, ding)
    owner.send_text(group, "机密 five")
    found(owner, "机密", [f"机密 {number}" for number in ("five", "four", "three", "two", "one")])

    for rest, may in (
        (gone, ["three", "two", "one"]),
        (late, ["five", "four", "three"]),
        (back, ["five", "one"]),
        (scene.rest(*scene.people("eva")), []),
    ):
        page = found(rest, "机密", [f"机密 {number}" for number in may])
        assert page.total == len(may)
        assert [count.count for count in page.channels] == ([len(may)] if may else [])


def test_what_was_cleared_is_not_found_by_who_cleared_it(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, reader = scene.rest(an), scene.rest(bo)
    group = owner.create_group("team", bo).channel_id
    cleared = owner.send_text(group, "预算 one")
    owner.send_text(group, "预算 two")
    found(reader, "预算", ["预算 two", "预算 one"])

    reader.set(group, cleared_seq=cleared.seq)

    page = search(reader, "预算")
    assert (texts(page), page.total) == (["预算 two"], 1)
    assert search(owner, "预算").total == 2


def test_a_recalled_message_is_found_no_more_from_the_answer_on(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    group = rest.create_group("team", bo).channel_id
    client = scene.connect(an)
    for number in range(5):
        sent = rest.send_text(group, f"机密 {number}")
        found(rest, f"机密 {number}", [sent.content])

        client.write("recall", channel_id=group, message_id=sent.message_id)

        page = search(scene.rest(bo), f"机密 {number}")
        assert (page.hits, page.total, page.channels) == ([], 0, [])
    eventually(lambda: is_complete(rest))
    assert search(rest, "机密").total == 0
    assert search(rest, sender=an, channel_id=group).total == 0


def test_an_edited_message_is_found_by_what_it_says_now(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    sent = rest.send_to(bo, "预算 draft")
    found(rest, "draft", [sent.content])

    scene.connect(an).write(
        "edit", channel_id=sent.channel_id, message_id=sent.message_id, content="预算 final"
    )

    assert texts(search(rest, "draft")) == []
    found(rest, "final", ["预算 final"])
    eventually(lambda: search(rest, "draft").total == 0)


def test_pages_join_without_a_gap_or_a_double_while_others_write(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    group = rest.create_group("team", bo).channel_id
    sent = [rest.send_text(group, f"预算 {number}").content for number in range(7)]
    for order in ("newest", "relevant"):
        wanted = sent[::-1]
        page = found(rest, "预算", wanted[:2], order=order, limit=2)
        assert page.total == len(wanted)
        seen = texts(page)
        while page.cursor is not None:
            sent.append(rest.send_text(group, f"预算 {len(sent)}").content)
            page = search(rest, "预算", order=order, limit=2, cursor=page.cursor)
            assert page.total is None, "told with the first page"
            seen += texts(page)
        assert seen == wanted


def test_a_cursor_is_good_for_its_own_search_alone(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    for number in range(2):
        rest.send_to(bo, f"预算 {number}")
    cursor = found(rest, "预算", ["预算 1"], limit=1).cursor
    assert cursor is not None

    for reader, words, given in (
        (rest, "会议", cursor),
        (scene.rest(bo), "预算", cursor),
        (rest, "预算", f"{cursor[:-4]}AAAA"),
        (rest, "预算", "x"),
    ):
        with pytest.raises(RefusedError) as told:
            search(reader, words, cursor=given)
        assert told.value.code == "invalid"
    assert texts(search(rest, "预算", limit=5, cursor=cursor)) == ["预算 0"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"words": "?!"},
        {"words": " ".join("abcdefghijk")},
        {"words": "预" * 101},
        {"words": "x" * 201},
        {"words": "a", "since": "yesterday"},
        {"words": "a", "since": "2026-02-30T00:00:00Z"},
        {"words": "a", "limit": 51},
        {"words": "a", "order": "best"},
        {"words": "a", "message_type": "system"},
        {"since": "2026-01-01T00:00:00Z"},
    ],
)
def test_what_can_not_be_searched_for_is_refused(scene: Scene, query: dict[str, Any]) -> None:
    (an,) = scene.people("an")

    with pytest.raises(RefusedError) as told:
        search(scene.rest(an), **query)

    assert told.value.code == "invalid"


@pytest.mark.limit("words of a search")
def test_as_many_words_as_may_be(scene: Scene) -> None:
    rest = scene.rest(*scene.people("an"))
    most = [f"word{number}" for number in range(MAX_SEARCH_WORDS)]

    assert search(rest, " ".join(most)).total == 0
    with pytest.raises(RefusedError):
        search(rest, " ".join([*most, "more"]))


def test_a_channel_one_was_never_in_can_not_be_searched(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    group = scene.rest(an).create_group("team", bo).channel_id

    with pytest.raises(RefusedError) as told:
        search(scene.rest(chen), "预算", channel_id=group)

    assert told.value.code == "not_found"


@pytest.mark.parametrize(
    "words",
    [
        *('{"match_all":{}}', "*", "预*", "预?", "_exists_:text"),
        *("-预算x", "预算 OR zzz", ".*", "text:预算", "/预算.*x/"),
    ],
)
def test_what_somebody_types_is_only_ever_words(scene: Scene, words: str) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    rest.send_to(bo, "讨论预算会议")
    found(rest, "预算", ["讨论预算会议"])

    try:
        page = search(rest, words)
    except RefusedError as refused:
        page = None
        told = refused.code
    if page is None:
        assert told == "invalid", "marks alone are no words"
    else:
        assert page.total == (1 if words in ("预*", "预?") else 0)
