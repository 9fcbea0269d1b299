"""A text as the tokens by which it is found, whatever its width, case, script and emoji."""

# ruff: noqa: RUF001 - what looks alike is what this is about

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.search.tokens import BETWEEN, MAX_TOKEN_CHARS, indexed, tokens

ALPHABET = "讨论预算aBé Ａ１ｶﾞ가👍🏽\u200d\ufe0f\u0301[:smile:]\\\"'，.ß\u00ad"
TEXTS = st.one_of(st.text(max_size=40), st.text(alphabet=ALPHABET, max_size=40))


def words(text: str) -> list[str]:
    return [token.text for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("讨论预算", ["讨", "论", "预", "算"]),
        ("Budget 预算meeting", ["budget", "预", "算", "meeting"]),
        ("ＢＵＤＧＥＴ　２０２６", ["budget", "2026"]),
        ("ｶﾞｷ", ["ガ", "キ"]),
        ("コーヒー", ["コ", "ー", "ヒ", "ー"]),
        ("회의에서", ["회", "의", "에", "서"]),
        ("㍿ ⽔", ["株", "式", "会", "社", "水"]),
        ("Straße ΣΑΣ", ["strasse", "σασ"]),
        ("𝔹udget", ["budget"]),
        ("cafe\u0301", ["café"]),
        ("v1.2_b", ["v1", "2", "b"]),
        ("so\u00adft 预\u200b算", ["soft", "预", "算"]),
        ("don't", ["don", "t"]),
        ("，。!?", []),
    ],
)
def test_words_and_characters(text: str, wanted: list[str]) -> None:
    assert words(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("👍👍", ["👍", "👍"]),
        ("好👍🏽", ["好", "👍"]),
        ("❤️ ❤", ["❤", "❤"]),
        ("👨‍👩‍👧🇨🇳", ["👨‍👩‍👧", "🇨🇳"]),
        ("早[:sun:]安", ["早", ":sun:", "安"]),
        (r"\[:sun:]", ["sun"]),
        ("sun", ["sun"]),
    ],
)
def test_an_emoji_is_a_token_of_its_own_whatever_it_looks_like(text: str, wanted: list[str]) -> None:
    assert words(text) == wanted


def test_a_token_knows_what_it_stands_for_in_the_text_as_it_is_shown() -> None:
    text = "ＯＫ㍿👍🏽[:sun:]"

    assert [text[token.start : token.end] for token in tokens(text)] == [
        *("ＯＫ", "㍿", "㍿", "㍿", "㍿", "👍🏽", "[:sun:]")
    ]


def test_no_phrase_reaches_from_one_text_of_a_message_to_the_next() -> None:
    assert indexed("讨论", "预算.pdf") == f"讨 论 {BETWEEN} 预 算 pdf"
    assert indexed("", "a") == "a"
    assert BETWEEN not in words(BETWEEN)


def test_a_word_without_end_is_cut() -> None:
    assert [len(word) for word in words("x" * 250)] == [MAX_TOKEN_CHARS, MAX_TOKEN_CHARS, 50]


@given(TEXTS)
def test_the_index_holds_what_is_matched(text: str) -> None:
    # A whitespace tokenizer gives back the very tokens, and takes each of them as one term.
    assert indexed(text).split() == words(text)
    assert all(0 < len(word) <= MAX_TOKEN_CHARS for word in words(text))


EASY = [*map(chr, range(128)), *map(chr, range(0x4E00, 0xA000)), *"—‘’‚‛“”…\u3000、。《》！（），：；？"]
EASY_TEXTS = st.text(alphabet=st.sampled_from(EASY)) | st.text(alphabet="aZ9讨，[:\\\r\n", max_size=300)


def test_each_character_that_needs_no_grapheme_is_read_as_with_one() -> None:
    for character in EASY:
        text = f"a{character}讨{character}{character}9"
        assert indexed(text) == indexed_by_graphemes(text)


@given(EASY_TEXTS)
def test_a_text_that_needs_no_graphemes_is_read_as_with_them(text: str) -> None:
    assert indexed(text) == indexed_by_graphemes(text)


def indexed_by_graphemes(text: str) -> str:
    return " ".join(words(text))


@given(TEXTS)
def test_tokens_stand_in_order_within_the_text(text: str) -> None:
    found = tokens(text)

    assert all(0 <= token.start < token.end <= len(text) for token in found)
    assert all(first.start <= second.start for first, second in pairwise(found))


@given(TEXTS)
def test_width_case_and_composition_make_no_difference(text: str) -> None:
    wanted = words(text)

    assert words(unicodedata.normalize("NFD", text)) == wanted


@given(st.text(alphabet="讨论预算会议aB１ ，", max_size=20), st.data())
def test_a_part_of_a_text_is_a_part_of_its_tokens(text: str, data: st.DataObject) -> None:
    low = data.draw(st.integers(0, len(text)))
    high = data.draw(st.integers(low, len(text)))
    part = text[low:high].strip("aB１")  # a part of a word is none

    assert f" {indexed(part)} " in f" {indexed(text)} " or not words(part)


@given(st.text(alphabet="aZＡé９", min_size=1, max_size=20))
def test_letters_of_any_width_are_folded(text: str) -> None:
    assert words(text) == words(unicodedata.normalize("NFKC", text)) == words(text.swapcase())
