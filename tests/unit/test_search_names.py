"""Names as they are found: by words, beginnings of words, and parts in Han characters."""

# ruff: noqa: RUF001 - what looks alike is what this is about

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.search.names import MAX_KEY_CHARS, MOST_KEYS, is_named, name_keys, wanted_keys

NAMES = st.text(alphabet="王小明 Bo.chén-Ａ2👍", max_size=100)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("王小明", "小明"),
        ("王小明", "王"),
        ("Bo Chen", "bo"),
        ("Bo Chen", "che"),
        ("Bo Chen", "chen bo"),
        ("Bo.Chen", "bo.ch"),
        ("Chén 陈波", "CHÉN 波"),
        ("项目 2026 Launch 🚀", "launch 🚀"),
    ],
)
def test_who_is_found(name: str, words: str) -> None:
    assert is_named(name, wanted_keys(words))


@pytest.mark.parametrize(
    ("name", "words"), [("王小明", "明小"), ("Bo Chen", "hen"), ("Bo Chen", "bo x"), ("Bo", ".o")]
)
def test_who_is_not(name: str, words: str) -> None:
    assert not is_named(name, wanted_keys(words))


def test_nothing_can_be_searched_for_in_marks_alone() -> None:
    assert wanted_keys(".* ^ $") == []


@given(NAMES)
def test_keys_are_few_and_short_and_find_their_name(name: str) -> None:
    keys = name_keys(name)

    assert len(keys) <= MOST_KEYS
    assert all(0 < len(key) <= MAX_KEY_CHARS for key in keys)
    assert is_named(name, wanted_keys(name)) or len(name) > MOST_KEYS
