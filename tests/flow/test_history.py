"""Pages of a channel's log: any part, cut to what the reader may see, with the range they cover (I3)."""

import pytest

from schemas import frames
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.waiting import eventually

NOWHERE = "0" * 24


def talk(sender: Client, channel: str, *texts: str) -> int:
    """Send these at once; the seq of the last."""
    replies = [sender.post_text(channel, text) for text in texts]
    seqs: list[int] = [reply.result(10)["seq"] for reply in replies]
    return seqs[-1]


def channel_of(reader: Client, sender: Client, count: int) -> str:
    """A direct channel with so many messages, all of them there to be read."""
    channel = sender.send_text(None, "1", to=reader.user).channel_id
    if count > 1:
        talk(sender, channel, *(f"{number}" for number in range(2, count + 1)))
    until_shown(reader, channel, count)
    return channel


def until_shown(reader: Client, channel: str, seq: int) -> None:
    """Reads may lag behind answers for a moment; see test_what_is_answered_can_be_read_at_once."""
    eventually(lambda: reader.history(channel, limit=1).to_seq >= seq, what=f"seq {seq} can be read")


def seqs(page: frames.HistoryReply) -> list[int]:
    return [entry.seq for entry in page.entries]


def span(page: frames.HistoryReply) -> tuple[int, int]:
    """The range that a page covers; there is nothing at 0."""
    return max(page.from_seq, 1), page.to_seq


def beyond(page: frames.HistoryReply) -> tuple[bool, bool]:
    """Whether there is more before and after a page."""
    return page.more_before, page.more_after


# ---- which part


def test_without_a_place_the_newest_page_is_given(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 60)

    page = reader.history(channel)

    assert seqs(page) == list(range(11, 61))  # 50, unless asked otherwise
    assert (span(page), beyond(page)) == ((11, 60), (True, False))
    assert [entry.content for entry in page.entries[:2]] == ["11", "12"]
    scene.judge().raise_if_broken()


def test_pages_before_a_seq_lead_back_to_the_start(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 25)

    pages = [reader.history(channel, before=before, limit=10) for before in (26, 16, 6)]

    assert [span(page) for page in pages] == [(16, 25), (6, 15), (1, 5)]
    assert [beyond(page) for page in pages] == [(True, False), (True, True), (False, True)]
    assert [seq for page in pages[::-1] for seq in seqs(page)] == list(range(1, 26))
    scene.judge().raise_if_broken()


def test_pages_after_a_seq_lead_on_to_the_end(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 25)

    pages = [reader.history(channel, after=after, limit=10) for after in (0, 10, 20)]

    assert [span(page) for page in pages] == [(1, 10), (11, 20), (21, 25)]
    assert [beyond(page) for page in pages] == [(False, True), (True, True), (True, False)]
    assert [seq for page in pages for seq in seqs(page)] == list(range(1, 26))
    scene.judge().raise_if_broken()


@pytest.mark.parametrize(
    ("seq", "limit", "found"),
    [(10, 5, [8, 9, 10, 11, 12]), (10, 4, [8, 9, 10, 11]), (1, 5, [1, 2, 3]), (20, 6, [17, 18, 19, 20])],
)
def test_around_a_seq_as_many_are_given_on_either_side(
    scene: Scene, seq: int, limit: int, found: list[int]
) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 20)

    page = reader.history(channel, around=seq, limit=limit)

    assert seqs(page) == found
    assert (span(page), beyond(page)) == ((found[0], found[-1]), (found[0] > 1, found[-1] < 20))


def test_around_a_seq_with_a_limit_of_one_is_that_entry(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 3)

    assert seqs(reader.history(channel, around=2, limit=1)) == [2]


def test_the_smallest_and_the_largest_page(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 120)

    assert seqs(reader.history(channel, limit=1)) == [120]
    assert seqs(reader.history(channel, after=0, limit=1)) == [1]
    assert seqs(reader.history(channel, limit=100)) == list(range(21, 121))


@pytest.mark.parametrize("where", [{"limit": 0}, {"limit": 101}, {"before": 0}, {"after": -1}, {"around": 0}])
def test_a_page_that_can_not_be_is_invalid(scene: Scene, where: dict[str, int]) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 1)

    with pytest.raises(RefusedError, match="invalid:"):
        reader.history(channel, **where)


@pytest.mark.parametrize(
    "where", [{"before": 2, "after": 1}, {"after": 1, "around": 1}, {"before": 1, "around": 1}]
)
def test_a_page_begins_at_one_place(scene: Scene, where: dict[str, int]) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 1)

    with pytest.raises(RefusedError, match="invalid:"):
        reader.history(channel, **where)


@pytest.mark.parametrize(
    ("where", "covered"),
    [({"after": 3}, (4, 3)), ({"after": 10}, (11, 10)), ({"before": 1}, (1, 0)), ({"before": 10}, (1, 3))],
    ids=str,
)
def test_a_page_never_covers_what_is_still_to_come(
    scene: Scene, where: dict[str, int], covered: tuple[int, int]
) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 3)

    page = reader.history(channel, **where)

    assert span(page) == covered
    assert not page.more_after or "before" in where


def test_a_page_around_what_is_still_to_come_does_not_cover_it(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 3)

    assert reader.history(channel, around=100, limit=10).to_seq == 3


def test_what_is_answered_can_be_read_at_once(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, reader = scene.connect(an), scene.connect(bo, gateway=1)
    channel = sender.send_text(None, "first", to=bo).channel_id

    for number in range(2, 12):
        stored = sender.send_text(channel, f"{number}")
        assert sender.history(channel, after=number - 1).to_seq == stored.seq
        assert reader.history(channel, after=number - 1).to_seq == stored.seq


def test_a_page_of_the_longest_messages_can_be_read(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, reader = scene.connect(an), scene.connect(bo, gateway=1)
    channel = sender.send_text(None, "first", to=bo).channel_id
    talk(sender, channel, *(f"{number:<4}" + "😀" * 4_996 for number in range(100)))

    page = reader.history(channel, before=102, limit=100)

    assert page.to_seq == 101
    assert page.entries


# ---- whose part


@pytest.mark.parametrize("kind", ["history", "read"])
def test_a_stranger_is_told_the_same_as_about_a_channel_that_does_not_exist(scene: Scene, kind: str) -> None:
    an, bo, eve = scene.people("an", "bo", "eve")
    channel = channel_of(scene.connect(bo), scene.connect(an), 1)
    stranger = scene.connect(eve)
    fields = {"seq": 1} if kind == "read" else {}

    replies = [stranger.post(kind, channel_id=place, **fields).exception(10) for place in (channel, NOWHERE)]

    assert [str(reply) for reply in replies] == [str(replies[0])] * 2
    assert str(replies[0]).startswith("not_found:")


def test_who_comes_later_reads_from_his_coming_on(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, late = scene.connect(an), scene.connect(chen, gateway=1)
    group = owner.write("create_group", name="team", user_ids=[bo]).channel_id
    talk(owner, group, "two", "three", "four")

    owner.write("add_members", channel_id=group, user_ids=[chen])
    talk(owner, group, "six")

    until_shown(late, group, 6)
    assert seqs(late.history(group)) == [5, 6]
    assert (span(late.history(group)), beyond(late.history(group))) == ((1, 6), (False, False))
    assert seqs(late.history(group, after=0, limit=1)) == [5]
    assert seqs(late.history(group, before=5)) == []
    assert seqs(late.history(group, around=3, limit=4)) == [5, 6]
    scene.judge().raise_if_broken()


def test_who_has_left_reads_up_to_his_leaving(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, left = scene.connect(an), scene.connect(bo, gateway=1)
    group = owner.write("create_group", name="team", user_ids=[bo, chen]).channel_id
    talk(owner, group, "two")

    owner.write("remove_member", channel_id=group, user_id=bo)
    talk(owner, group, "four", "five")

    until_shown(owner, group, 5)
    page = left.history(group)
    assert (seqs(page), span(page), beyond(page)) == ([1, 2, 3], (1, 3), (False, False))
    assert seqs(left.history(group, after=3)) == []
    assert not left.history(group, after=3).more_after
    assert seqs(left.history(group, before=1_000)) == [1, 2, 3]
    assert seqs(left.history(group, around=4, limit=10)) == [1, 2, 3]
    scene.judge().raise_if_broken()


def test_who_came_back_reads_both_stays_and_nothing_between(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, guest = scene.connect(an), scene.connect(bo)
    group = owner.write("create_group", name="team", user_ids=[bo, chen]).channel_id
    talk(owner, group, "two")
    owner.write("remove_member", channel_id=group, user_id=bo)
    talk(owner, group, "four", "five")
    owner.write("add_members", channel_id=group, user_ids=[bo])
    talk(owner, group, "seven")

    until_shown(guest, group, 7)
    whole = guest.history(group)
    assert (seqs(whole), span(whole), beyond(whole)) == ([1, 2, 3, 6, 7], (1, 7), (False, False))
    assert seqs(guest.history(group, after=1, limit=3)) == [2, 3, 6]
    assert span(guest.history(group, after=1, limit=3)) == (2, 6)
    assert seqs(guest.history(group, before=7, limit=2)) == [3, 6]
    assert beyond(guest.history(group, before=6, limit=3)) == (False, True)
    assert seqs(guest.history(group, around=5, limit=4)) == [2, 3, 6, 7]
    scene.judge(
        stays={group: {an: [(1, None)], bo: [(1, 3), (6, None)], chen: [(1, None)]}}
    ).raise_if_broken()


def test_pages_of_any_size_give_the_same_whole(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, guest = scene.connect(an), scene.connect(bo, gateway=1)
    group = owner.write("create_group", name="team", user_ids=[bo]).channel_id
    for number in range(4):
        talk(owner, group, f"{number}.1", f"{number}.2", f"{number}.3")
        owner.write("remove_member", channel_id=group, user_id=bo)
        talk(owner, group, "among ourselves", "and more")
        owner.write("add_members", channel_id=group, user_ids=[bo])
    last = talk(owner, group, "end")
    until_shown(guest, group, last)
    whole = seqs(guest.history(group, limit=100))

    for limit in range(1, 12):
        assert forwards(guest, group, limit) == whole
        assert backwards(guest, group, limit) == whole
    scene.judge().raise_if_broken()


def forwards(reader: Client, channel: str, limit: int) -> list[int]:
    found, page = [], reader.history(channel, after=0, limit=limit)
    found += seqs(page)
    while page.more_after:
        page = reader.history(channel, after=page.to_seq, limit=limit)
        found += seqs(page)
    return found


def backwards(reader: Client, channel: str, limit: int) -> list[int]:
    page = reader.history(channel, limit=limit)
    found = seqs(page)
    while page.more_before:
        page = reader.history(channel, before=page.from_seq, limit=limit)
        found = seqs(page) + found
    return found


def test_history_is_the_same_on_every_gateway(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = channel_of(reader, scene.connect(an), 5)

    assert scene.connect(bo, gateway=1).history(channel).entries == reader.history(channel).entries


def test_an_empty_channel_has_an_empty_page(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one = scene.connect(an)
    channel = one.write("open_direct", to=bo).channel_id

    page = one.history(channel)

    assert (page.entries, span(page), beyond(page)) == ([], (1, 0), (False, False))
