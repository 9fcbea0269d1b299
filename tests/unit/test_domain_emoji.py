"""Emoji in a text: where they are found, how to write what only looks like one, and what a flood costs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.emoji import Emoji, Words, escape, is_only_emoji, parse, shortcodes
from schemas.common import MAX_SHORTCODE_CHARS, MAX_TEXT_CHARS

TEXTS = st.text(alphabet=st.sampled_from("[:]\\ax_ 你😀"), max_size=40)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", []),
        ("hello", [Words("hello")]),
        ("[:smile:]", [Emoji("smile")]),
        ("well [:+1:] done", [Words("well "), Emoji("+1"), Words(" done")]),
        ("早[:sun:]安[:sun:]", [Words("早"), Emoji("sun"), Words("安"), Emoji("sun")]),
        ("[[:a:]]", [Words("["), Emoji("a"), Words("]")]),
        ("[:a:][:b:]", [Emoji("a"), Emoji("b")]),
    ],
)
def test_emoji_stand_among_words(text: str, segments: list[object]) -> None:
    assert parse(text) == segments


@pytest.mark.parametrize(
    "text",
    [
        "[:]",
        "[::]",
        "[: smile:]",
        "[:smile]",
        ":smile:",
        "[:Smile:]",
        "[:a.b:]",
        "[:ä:]",
        "[:a\n:]",
        "[:a[:b]",
    ],
)
def test_what_is_no_shortcode_is_words(text: str) -> None:
    assert parse(text) == [Words(text)]


def test_a_huge_shortcode_is_words() -> None:
    longest = "a" * MAX_SHORTCODE_CHARS

    assert parse(f"[:{longest}:]") == [Emoji(longest)]
    assert parse(f"[:{longest}a:]") == [Words(f"[:{longest}a:]")]


def test_an_unknown_shortcode_stays_text() -> None:
    assert parse("a [:b:] [:c:]", {"c"}.__contains__) == [Words("a [:b:] "), Emoji("c")]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        (r"\[:a:]", [Words("[:a:]")]),
        (r"\\[:a:]", [Words("\\"), Emoji("a")]),
        (r"\\\[:a:]", [Words(r"\[:a:]")]),
        (r"\[:a:][:b:]", [Words("[:a:]"), Emoji("b")]),
        (r"C:\temp\[x]", [Words(r"C:\temp\[x]")]),
        (r"\[:not one]", [Words(r"\[:not one]")]),
    ],
)
def test_a_backslash_makes_it_words(text: str, segments: list[object]) -> None:
    assert parse(text) == segments


@given(TEXTS)
def test_what_is_escaped_comes_back_as_the_same_words(text: str) -> None:
    assert parse(escape(text)) == ([Words(text)] if text else [])


@given(TEXTS)
def test_what_has_no_emoji_and_no_backslash_before_one_is_not_touched(text: str) -> None:
    if not shortcodes(text.replace("\\", "")):
        assert escape(text) == text


def test_a_thousand_emoji_in_a_row_are_a_thousand() -> None:
    text = "[:a:]" * 1_000

    assert len(text) == MAX_TEXT_CHARS
    assert parse(text) == [Emoji("a")] * 1_000


@pytest.mark.parametrize(
    "piece", ["[:a:]", "[:", "\\", "\\[:a:]", "[:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "[:a:"]
)
def test_a_flood_takes_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()

    parse(text)
    escape(text)
    is_only_emoji(text)

    assert time.process_time() - started < 10  # what grows with the square would take hours


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("[:a:]", True),
        ("[:a:][:b:]", True),
        ("", False),
        ("[:a:] [:b:]", False),
        ("[:a:]!", False),
        (r"\[:a:]", False),
    ],
)
def test_a_message_of_emoji_has_nothing_else(text: str, only: bool) -> None:
    assert is_only_emoji(text) is only
