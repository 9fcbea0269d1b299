"""What a message of each kind may hold."""

from typing import Any

import pytest

from imapp.domain.entries import MESSAGES
from imapp.domain.kinds import file_of, problem
from imapp.errors import RequestError
from imapp.services.writing import commands
from schemas.common import (
    MAX_EMOJI_CHARS,
    MAX_EMOJI_IN_MESSAGE,
    MAX_SHORTCODE_CHARS,
    MESSAGE_TYPE_CODES,
    MessageType,
)
from schemas.messages import SendBody

TEXT, IMAGE, EMOJI, FILE = MessageType.TEXT, MessageType.IMAGE, MessageType.EMOJI, MessageType.FILE


def test_the_kinds_have_the_numbers_of_the_seed() -> None:
    assert {kind.value: code for kind, code in MESSAGE_TYPE_CODES.items()}.items() >= {
        ("text", 1), ("image", 2), ("emoji", 3), ("file", 4), ("system", 99),
    }  # fmt: skip
    assert set(MESSAGES) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("kind", "content", "extra"),
    [
        (TEXT, "hello", {}),
        (TEXT, "hello [:smile:] you", {"colour": "red"}),
        (TEXT, "[:a:]" * 1_000, {}),
        (TEXT, "<b>&amp;</b>", {}),
        (EMOJI, "[:smile:]", {}),
        (EMOJI, "[:smile:][:+1:]", {"size": "big"}),
        (IMAGE, "", {"file_id": "f1"}),
        (FILE, "", {"file_id": "f1"}),
    ],
)
def test_what_a_message_may_hold(kind: MessageType, content: str, extra: dict[str, Any]) -> None:
    assert problem(kind, content, extra) is None


@pytest.mark.parametrize(
    ("kind", "content", "extra", "field"),
    [
        (TEXT, "", {}, "content"),
        (TEXT, "look", {"file_id": "f1"}, "extra"),
        (EMOJI, "", {}, "content"),
        (EMOJI, "ha [:smile:]", {}, "content"),
        (EMOJI, r"\[:smile:]", {}, "content"),
        (EMOJI, "😀", {}, "content"),
        (EMOJI, "[:smile:]", {"file_id": "f1"}, "extra"),
        (IMAGE, "look", {"file_id": "f1"}, "content"),
        (IMAGE, "", {}, "extra"),
        (IMAGE, "", {"file_id": ""}, "extra"),
        (IMAGE, "", {"file_id": ["f1", "f2"]}, "extra"),
        (IMAGE, "", {"file_id": "../etc/passwd"}, "extra"),
        (IMAGE, "", {"file_id": "f1\n"}, "extra"),
        (FILE, "", {"file_id": {"$ne": ""}}, "extra"),
        (FILE, "", {"file_id": "f1", "name": "forged.txt"}, "extra"),
        (FILE, "see [:smile:]", {"file_id": "f1"}, "content"),
    ],
)
def test_what_is_mixed_or_missing_is_named(
    kind: MessageType, content: str, extra: dict[str, Any], field: str
) -> None:
    assert list(problem(kind, content, extra) or ()) == [field]


@pytest.mark.limit("emoji in an emoji message")
def test_an_emoji_message_has_so_many_and_not_one_more() -> None:
    assert problem(EMOJI, "[:a:]" * MAX_EMOJI_IN_MESSAGE, {}) is None
    assert problem(EMOJI, "[:a:]" * (MAX_EMOJI_IN_MESSAGE + 1), {}) is not None


@pytest.mark.limit("emoji message")
def test_an_emoji_message_has_room_for_so_many_of_the_longest_and_is_not_read_beyond() -> None:
    longest = f"[:{'a' * MAX_SHORTCODE_CHARS}:]" * MAX_EMOJI_IN_MESSAGE
    assert len(longest) <= MAX_EMOJI_CHARS
    assert problem(EMOJI, longest, {}) is None
    assert "characters" in str(problem(EMOJI, "[:a:]" * MAX_EMOJI_CHARS, {}))


@pytest.mark.limit("shortcode")
def test_a_huge_shortcode_is_no_emoji_message() -> None:
    assert problem(EMOJI, f"[:{'a' * MAX_SHORTCODE_CHARS}:]", {}) is None
    assert problem(EMOJI, f"[:{'a' * (MAX_SHORTCODE_CHARS + 1)}:]", {}) is not None


def test_a_mixture_is_refused_before_anything_is_asked() -> None:
    body = SendBody(client_message_id="m1", message_type=EMOJI, content="ha [:smile:]")

    with pytest.raises(RequestError) as refused:
        commands.send_to_channel("an", "0" * 24, body)

    assert (refused.value.code, list(refused.value.errors or ())) == ("invalid", ["content"])


@pytest.mark.parametrize(("extra", "named"), [({"file_id": "f1"}, "f1"), ({}, None), ({"file_id": 1}, None)])
def test_the_file_of_a_message_is_what_its_extra_names(extra: dict[str, Any], named: str | None) -> None:
    assert file_of(extra) == named
