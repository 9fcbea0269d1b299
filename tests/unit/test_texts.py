"""Which characters a text, a name and an address may have, and how long they are."""

from typing import Any, Final

import msgspec
import pytest

from imapp.errors import RequestError
from imapp.services.writing import commands
from schemas.common import Avatar, Name
from schemas.messages import Content, SendBody

CHANNEL: Final = "0" * 24
CONTROLS: Final = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]


def send(content: str, **extra: Any) -> None:
    body = SendBody(client_message_id="m1", content=content, extra=extra)
    commands.send_to_channel("an", CHANNEL, body)


@pytest.mark.parametrize("control", sorted(set(CONTROLS) - {"\t", "\n"}), ids=repr)
def test_a_control_character_is_refused_wherever_it_stands(control: str) -> None:
    for content, extra in (
        (f"a{control}b", {}),
        (f"{control}", {}),
        (f"a\n{control}", {}),
        ("fine", {"note": f"a{control}"}),
        ("fine", {f"a{control}": 1}),
        ("fine", {"list": [{"note": f"a{control}"}]}),
    ):
        with pytest.raises(RequestError) as refusal:
            send(content, **extra)
        assert refusal.value.code == "invalid"


@pytest.mark.parametrize(
    "text",
    ["a\tb\nc\n", "עברית \u202e", "\u200d\u2028\ufeff\uffff", "🏳️‍🌈", "<script>", '{"$ne": null}', "=1+1"],
)
def test_what_people_may_type_is_kept_as_it_is(text: str) -> None:
    send(text, note=text)


@pytest.mark.parametrize("name", [f"a{control}b" for control in CONTROLS] + ["a\n"], ids=repr)
def test_a_name_is_one_line_without_control_characters(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, Name)


def test_lengths_are_counted_in_characters() -> None:
    assert msgspec.convert("😀" * 100, Name)
    assert msgspec.json.decode(msgspec.json.encode("😀" * 5_000), type=Content)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode("😀" * 5_001), type=Content)


@pytest.mark.parametrize("avatar", ["", "a.png", "f0f1", "https://im.example/a.png?x=1&y=%20#z"])
def test_an_avatar_is_a_key_or_an_https_address(avatar: str) -> None:
    assert msgspec.convert(avatar, Avatar) == avatar


@pytest.mark.parametrize(
    "avatar",
    [
        *(
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//evil.example/a",
        ),
        *(
            "http://im.example/a.png",
            "https://",
            'https://x/"onload=',
            "https://x/<svg>",
            "https://x/a b",
            "a.png\n",
        ),
        *("https://x\\@evil.example", "../../etc/passwd", "https://im.example/é"),
    ],
)
def test_nothing_else_is_an_avatar(avatar: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(avatar, Avatar)
