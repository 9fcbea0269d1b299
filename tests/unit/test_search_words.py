"""What somebody types as the phrases that must be found, and what is found and shown."""

# ruff: noqa: RUF001 - what looks alike is what this is about

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.search.fragments import FRAGMENT_CHARS, MOST_CHARS, fragment
from imapp.domain.search.matching import exact, matches, ranges
from imapp.domain.search.tokens import tokens
from imapp.domain.search.words import Phrase, phrases_of

TYPED = st.text(alphabet='预算 "“”「」meet*?:()[]AND+-~^/\\👍', max_size=30)


def found(words: str, text: str) -> bool:
    return matches(phrases_of(words), tokens(text))


def marked(words: str, text: str) -> list[str]:
    return [text[start:end] for start, end in ranges(phrases_of(words), tokens(text))]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("预算", "我们讨论预算"),
        ("讨论预", "我们讨论预算"),
        ("预算 meeting", "The Meeting is about 预算"),
        ("meet", "the meetings"),
        ('"next week"', "See you next week!"),
        ("“下周 一”", "下周一"),
        ("ｍｅｅｔ", "MEET"),
        ("👍", "好的👍🏽"),
        ("[:sun:]", "早[:sun:]安"),
        ("AND", "rock and roll"),
        ("v1.2", "release v1.2 is out"),
    ],
)
def test_what_is_found(words: str, text: str) -> None:
    assert found(words, text)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("算预", "我们讨论预算"),
        ("预算 meeting", "预算"),
        ('"week next"', "next week"),
        ('"meet"', "the meetings"),
        ("me", "meetings"),
        ("eeting", "meetings"),
        ("m*", "meetings"),
        ("sun", "早[:sun:]安"),
        ("预算 OR 会议", "预算"),
        ("-预算", "会议"),
    ],
)
def test_what_is_not(words: str, text: str) -> None:
    assert not found(words, text)


def test_words_are_taken_once_and_what_says_nothing_not_at_all() -> None:
    assert phrases_of('预算 预算 ，， "" 「」') == (Phrase(("预", "算")),)
    assert phrases_of("!? ***") == ()


def test_a_quotation_mark_without_its_partner_is_nothing() -> None:
    assert phrases_of('5" disk') == (Phrase(("5",)), Phrase(("disk",), is_prefix=True))


@given(TYPED)
def test_what_is_typed_is_only_ever_words(words: str) -> None:
    typed = {token.text for token in tokens(words)}

    for phrase in phrases_of(words):
        assert phrase.texts
        assert set(phrase.texts) <= typed or "[:" in words  # a blank inside takes an emoji apart


@given(TYPED, st.text(max_size=20), st.text(max_size=20))
def test_a_quoted_text_is_found_wherever_it_stands(words: str, before: str, after: str) -> None:
    quoted = words.replace('"', "")
    if tokens(quoted):
        assert found(f'"{quoted}"', f"{before} , {quoted} , {after}")


def test_a_match_as_it_was_typed_counts_and_one_that_only_begins_so_does_not() -> None:
    assert exact(phrases_of("meet 预算"), tokens("meeting 预算")) == 1
    assert exact(phrases_of("meet 预算"), tokens("meet 预算")) == 2


def test_a_message_is_found_by_words_of_which_each_is_in_one_of_its_texts() -> None:
    assert matches(phrases_of("预算 final"), tokens("预算"), tokens("final.pdf"))
    assert not matches(phrases_of("预算final"), tokens("预算"), tokens("final.pdf"))


def test_matches_that_touch_are_marked_as_one() -> None:
    assert marked("讨论 论预 meet", "讨论预算 meeting") == ["讨论预", "meeting"]
    assert marked("株式", "（㍿）") == ["㍿"]


def shown(words: str, text: str) -> str:
    pieces = fragment(text, ranges(phrases_of(words), tokens(text)))
    return "".join(f"<{piece.text}>" if piece.marked else piece.text for piece in pieces)


def test_a_short_text_is_shown_whole_with_its_matches_marked() -> None:
    assert shown("预算", "<b>预算</b> & 预算") == "<b><预算></b> & <预算>"


def test_of_a_long_text_the_part_around_the_first_match_is_shown() -> None:
    text = "前" * 300 + "预算" + "后" * 300

    found = shown("预算", text)

    assert found.startswith("…前")
    assert "<预算>" in found
    assert found.endswith("后…")
    assert len(found) <= FRAGMENT_CHARS + 4


@given(st.text(alphabet="预算a 👨‍👩‍👧🏽\u0301", max_size=2_000))
def test_a_fragment_is_a_part_of_the_text_and_shows_its_first_match(text: str) -> None:
    found = ranges(phrases_of("预算"), tokens(text))
    pieces = fragment(text, found)

    whole = "".join(piece.text for piece in pieces)
    assert whole.strip("…") in text
    assert len(whole) <= MOST_CHARS + 2 * FRAGMENT_CHARS
    assert any(piece.marked for piece in pieces) == bool(found)
    assert all(tokens(piece.text) for piece in pieces if piece.marked)
