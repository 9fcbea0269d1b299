"""The hash that tells a repeat from a conflict: of what a command says, not of where it was sent."""

import msgspec
import pytest

from imapp.domain.bodies import body_hash
from schemas.commands import AnyCommand, SendMessage
from tests.unit.fakes.commands import add, create, leave, open_direct, remove, say, tell, update

KEY = b"k" * 32
HELLO = say("an", "hello", "0" * 24, client_id="c1")


def same(one: AnyCommand, other: AnyCommand) -> bool:
    """Whether the two are one write."""
    return body_hash(one, KEY) == body_hash(other, KEY)


class TestAMessage:
    def test_is_the_same_by_person_and_by_channel(self) -> None:
        assert same(tell("an", "bo", "hello", client_id="c1"), HELLO)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("content", "hello "),
            ("message_type", 2),
            ("extra", {"a": 1}),
            ("reply_to", "x.1"),
            ("mentions", ["bo"]),
        ],
    )
    def test_is_another_if_anything_it_says_differs(self, field: str, value: object) -> None:
        assert not same(HELLO, msgspec.structs.replace(HELLO, **{field: value}))

    def test_is_the_same_in_any_order_of_keys(self) -> None:
        one, other = {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}
        assert same(with_extra(one), with_extra(other))

    @pytest.mark.parametrize("pair", [(1, 1.5), (1, "1"), (None, False), ([1, 2], [2, 1]), ({}, [])])
    def test_is_another_if_a_value_differs(self, pair: tuple[object, object]) -> None:
        assert not same(with_extra({"a": pair[0]}), with_extra({"a": pair[1]}))

    def test_does_not_run_into_its_neighbour(self) -> None:
        one = msgspec.structs.replace(HELLO, reply_to="x", mentions=["y", "z"])
        other = msgspec.structs.replace(HELLO, reply_to="x", mentions=["yz"])
        assert not same(one, other)


class TestOtherCommands:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (create("an", "bo", client_id="c"), create("an", "chen", client_id="c")),
            (create("an", "bo", client_id="c"), create("an", "bo", client_id="c", name="Crew")),
            (create("an", "bo", client_id="c"), create("an", "bo", client_id="c", avatar="x")),
            (add("an", "0" * 24, "bo", client_id="c"), add("an", "0" * 24, "chen", client_id="c")),
            (remove("an", "0" * 24, "bo", client_id="c"), remove("an", "0" * 24, "chen", client_id="c")),
            (
                update("an", "0" * 24, name="x", client_id="c"),
                update("an", "0" * 24, avatar="x", client_id="c"),
            ),
            (remove("an", "0" * 24, "an", client_id="c"), leave("an", "0" * 24, client_id="c")),
            (open_direct("an", "bo", client_id="c"), open_direct("an", "chen", client_id="c")),
            (HELLO, leave("an", "0" * 24, client_id="c1")),
        ],
        ids=lambda command: type(command).__name__,
    )
    def test_are_told_apart_by_all_they_say(self, one: AnyCommand, other: AnyCommand) -> None:
        assert not same(one, other)

    def test_are_the_same_when_repeated(self) -> None:
        assert same(add("an", "0" * 24, "bo", client_id="c"), add("an", "0" * 24, "bo", client_id="c"))


class TestTheHash:
    def test_gives_nothing_away_without_the_key(self) -> None:
        assert body_hash(HELLO, KEY) != body_hash(HELLO, b"x" * 32)

    def test_has_16_bytes(self) -> None:
        assert len(body_hash(HELLO, KEY)) == 16

    def test_stays_what_it_is(self) -> None:
        # It is stored: another encoding would make every retry over the upgrade a conflict.
        assert body_hash(HELLO, KEY).hex() == "39fff6f019bd65d98bdcaee8b575303f"


def with_extra(extra: dict[str, object]) -> SendMessage:
    """Hello, with the client's own data."""
    return msgspec.structs.replace(HELLO, extra=extra)
