"""Random histories, and faults that can be planted in any of them.

A fault takes a history and gives the one with the fault in it and the findings that the checker owes for it.
"""

from collections.abc import Callable

from hypothesis import strategies as st

from tests.support.history import Answered, Entry, History, Opened, Seen, Sent
from tests.support.planting import changed, later, log, seen, swapped, with_log
from tests.support.stories import CHANNEL, Story

PEOPLE = ("an", "bo", "chen")


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A talk of some people with whatever happens to them, in which everybody is there in the end."""
    story = Story(*PEOPLE, strangers=("dao",))
    story.send("an", "first", "second")
    for number in range(draw(st.integers(0, 12))):
        _play(draw, story, number)
    if "bo" not in story.members():
        story.add("bo", by="an")
    story.send("an", "last but one", "last")
    return story


def _play(draw: st.DrawFn, story: Story, number: int) -> None:
    name = draw(st.sampled_from(story.members()))
    bodies = [f"{number}.{part}" for part in range(draw(st.integers(1, 4)))]
    others = [other for other in story.members() if other not in ("an", name)]
    outside = [other for other in (*PEOPLE, "dao") if other not in story.members()]
    acts: list[Callable[[], None]] = [
        lambda: story.send(name, *bodies),
        lambda: story.send_again(name, bodies[0]),
        lambda: story.send_refused_first(name, *bodies, code=draw(st.sampled_from(["busy", "rate_limited"]))),
        lambda: story.send_losing_the_answer(name, bodies[0]),
        lambda: story.is_told_to_resync(name),
    ]
    if others:
        acts.append(lambda: story.remove(draw(st.sampled_from(others)), by="an"))
    if outside:
        acts.append(lambda: story.add(draw(st.sampled_from(outside)), by="an"))
    draw(st.sampled_from(acts))()


Plant = Callable[[st.DataObject, History], tuple[History, dict[str, int]]]


def lose_an_entry(data: st.DataObject, history: History) -> tuple[History, dict[str, int]]:
    entry = data.draw(st.sampled_from(log(history)))
    return with_log(history, [other for other in log(history) if other is not entry]), {"lost": 1}


def store_an_entry_twice(data: st.DataObject, history: History) -> tuple[History, dict[str, int]]:
    entries = log(history)
    copy = data.draw(st.sampled_from(entries))._replace(seq=len(entries) + 1)
    return with_log(history, [*entries, copy]), {"dup": 1}


def swap_the_last_two_sends(_: st.DataObject, history: History) -> tuple[History, dict[str, int]]:
    first, second = [step for step in history.steps if isinstance(step, Sent)][-2:]
    return swapped(history, first, second), {"reorder": 1}


def double_a_frame(data: st.DataObject, history: History) -> tuple[History, dict[str, int]]:
    frame = data.draw(st.sampled_from([step for step in history.steps if isinstance(step, Seen)]))
    return changed(history, frame, frame, frame), {"dup": 1}


def swap_the_last_two_frames(data: st.DataObject, history: History) -> tuple[History, dict[str, int]]:
    end = log(history)[-1].seq
    frames = [step for step in history.steps if isinstance(step, Seen)]
    reader = data.draw(st.sampled_from([frame.connection for frame in frames if frame.entry.seq == end]))
    first, second = seen(history, reader, end - 1), seen(history, reader, end)
    return swapped(history, first, second), {"reorder": 1}


def drop_one_of_the_last_frames(data: st.DataObject, history: History) -> tuple[History, dict[str, int]]:
    end = log(history)[-1].seq
    frames = [step for step in history.steps if isinstance(step, Seen) and step.entry.seq > end - 2]
    return changed(history, data.draw(st.sampled_from(frames))), {"gap": 1}


def show_what_is_not_stored(data: st.DataObject, history: History) -> tuple[History, dict[str, int]]:
    ghost = Entry(CHANNEL, len(log(history)) + 1, "an", "ghost", "ghost")
    frames = [step for step in history.steps if isinstance(step, Seen)]
    last = data.draw(st.sampled_from([frame for frame in frames if frame.entry.seq == ghost.seq - 1]))
    return later(history, Seen(last.connection, ghost)), {"phantom": 1}


def show_it_to_a_stranger(data: st.DataObject, history: History) -> tuple[History, dict[str, int]]:
    entry = data.draw(st.sampled_from(log(history)))
    return later(history, Opened("eve/1", "eve", "eve"), Seen("eve/1", entry)), {"leak": 1}


def answer_a_retry_otherwise(data: st.DataObject, history: History) -> tuple[History, dict[str, int]]:
    entry = data.draw(st.sampled_from(log(history)))
    sends = [step for step in history.steps if isinstance(step, Sent)]
    first = next(sent for sent in sends if sent.client_message_id == entry.client_message_id)
    again = sends[-1]._replace(
        request="again",
        **{k: getattr(first, k) for k in ("destination", "client_message_id", "body", "user")},
    )
    wrong = Answered(again.connection, "again", CHANNEL, entry.seq + 1, f"{CHANNEL}.{entry.seq + 1:012d}")
    return later(history, again, wrong), {"dup": 1}


PLANTS: list[Plant] = [
    lose_an_entry,
    store_an_entry_twice,
    swap_the_last_two_sends,
    double_a_frame,
    swap_the_last_two_frames,
    drop_one_of_the_last_frames,
    show_what_is_not_stored,
    show_it_to_a_stranger,
    answer_a_retry_otherwise,
]
