"""A field that is named twice is refused, however it is written; what is named once is not."""

import json
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.errors import RequestError
from imapp.services.operating.uniqueness import check_frame_names, check_names
from schemas import frames

_FRAME: Final = msgspec.json.Decoder(frames.ClientFrame)
CHANNEL: Final = "0" * 24
PLAIN: Final = {"type": "send", "id": "1", "client_message_id": "m1", "channel_id": CHANNEL, "content": "hi"}


def is_refused(text: str) -> bool:
    """What the dialogue would say to a frame that it could decode."""
    try:
        check_frame_names(text, _FRAME.decode(text))
    except RequestError as error:
        return error.code == "invalid" and "given twice" in str(error.errors)
    return False


@pytest.mark.parametrize("name", ["id", "client_message_id", "channel_id", "content"])
@pytest.mark.parametrize("spelt", ["{}", " {} ", "\\u00{:02x}"], ids=["plain", "spaced", "escaped"])
def test_a_field_of_a_send_that_is_named_twice_is_refused(name: str, spelt: str) -> None:
    again = f'"{spelt.format(ord(name[0]))}{name[1:]}"' if "u00" in spelt else spelt.format(f'"{name}"')
    value = json.dumps(PLAIN[name])

    assert is_refused(json.dumps(PLAIN)[:-1] + f", {again}: {value}}}")


@pytest.mark.parametrize(
    "more", ['"x": 1, "x": 2', '"extra": {"a": 1, "a": 2}', '"extra": {"l": [{"a": 1, "a": 2}]}']
)
def test_an_unknown_or_inner_name_that_comes_twice_is_refused(more: str) -> None:
    assert is_refused(json.dumps(PLAIN)[:-1] + f", {more}}}")


@pytest.mark.parametrize("where", ["id", "client_message_id", "content"])
def test_a_text_that_reads_like_the_optional_name_hides_no_other(where: str) -> None:
    text = json.dumps({**PLAIN, where: "message_type"})

    assert is_refused(text[:-1] + ', "content": "what stands before us has not seen this"}')


def test_a_send_that_needs_no_content_hides_no_name_in_its_place() -> None:
    image = {**PLAIN, "message_type": "image"}
    del image["content"]

    assert is_refused(json.dumps(image)[:-1] + ', "client_message_id": "m2"}')


def test_a_name_may_stand_in_texts_and_inner_objects() -> None:
    text = json.dumps(
        {**PLAIN, "content": '"content": "content"', "extra": {"content": "extra", "id": [{"id": 1}]}}
    )

    assert not is_refused(text)


@given(
    fields=st.fixed_dictionaries(
        {"content": st.text(min_size=1), "id": st.text(min_size=1, max_size=64)},
        optional={
            "message_type": st.just("text"),
            "extra": st.dictionaries(st.text(), st.text()),
            "mentions": st.lists(st.just("bo")),
            "of_later": st.text(),
        },
    ),
    ascii_only=st.booleans(),
    again=st.none() | st.sampled_from(["id", "content", "channel_id", "client_message_id"]),
)
def test_of_whatever_send_only_the_doubled_is_refused(
    fields: dict[str, Any], again: str | None, ascii_only: bool
) -> None:
    frame = {**PLAIN, **fields}
    text = json.dumps(frame, ensure_ascii=ascii_only)
    if again:
        text = f"{text[:-1]}, {json.dumps(again)}: {json.dumps(frame[again])}}}"

    assert is_refused(text) == bool(again)


@pytest.mark.parametrize("number", ["1" * 5_000, "1e999", "-0.1e-999"])
def test_a_number_of_any_size_is_no_reason_to_fail(number: str) -> None:
    check_names(f'{{"n": {number}}}')


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(RequestError):
        check_names('{"a":' * 50_000 + "1" + "}" * 50_000)
