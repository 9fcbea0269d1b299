"""The comparison of a page with the system finds what differs, and nothing else."""

from typing import Any

import pytest

from tests.support.doc_examples import sections_of
from tests.support.doc_names import Mismatch, Names

ONE, OTHER = "a" * 24, "b" * 24


def same(written: Any, real: Any, **names: str) -> bool:
    return Names(**names).fits(written, real)


def test_ids_may_differ_if_they_do_so_throughout() -> None:
    names = Names(an="an.1")

    names.check({"channel_id": ONE, "sender": "an"}, {"channel_id": OTHER, "sender": "an.1"})
    names.check({"message_id": f"{ONE}.000000000001"}, {"message_id": f"{OTHER}.000000000001"})
    assert names.to_real({"to": "an", "channel_id": ONE}) == {"to": "an.1", "channel_id": OTHER}
    assert names.path_to_real(f"/channels/{ONE}/members/an?x=an") == f"/channels/{OTHER}/members/an.1?x=an.1"
    with pytest.raises(Mismatch):
        names.check({"channel_id": ONE}, {"channel_id": "c" * 24})
    with pytest.raises(Mismatch):
        names.check({"channel_id": "d" * 24}, {"channel_id": OTHER})


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": 1, "b": 1}),
        ({"a": 1, "b": 1}, {"a": 1}),
        ({"a": "1"}, {"a": 1}),
        ({"a": ["x"]}, {"a": ["x", "y"]}),
        ({"a": ["x", "..."]}, {"a": ["y"]}),
        ({"server_time": "2026-11-23T02:53:26.564Z"}, {"server_time": "today"}),
        ({"message_id": f"{ONE}.000000000001"}, {"message_id": f"{ONE}.000000000002"}),
        ({"cursor": "abc"}, {"cursor": None}),
        ({"sender": "an"}, {"sender": "bo"}),
    ],
)
def test_what_differs_is_found(written: Any, real: Any) -> None:
    assert not same(written, real, an="an.1")


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ({"a": None, "b": [1, {"c": "x"}]}, {"b": [1, {"c": "x"}], "a": None}),
        ({"a": ["x", "..."]}, {"a": ["y", "x"]}),
        ({"at": "2026-11-23T02:53:26.564Z"}, {"at": "2027-01-01T00:00:00.000Z"}),
        ({"cursor": "abc", "epoch": "1"}, {"cursor": "xyz", "epoch": "2"}),
    ],
)
def test_what_says_the_same_passes(written: Any, real: Any) -> None:
    assert same(written, real)


def test_a_page_is_read_as_steps() -> None:
    page = """# Page
## One
```
-> {"type": "ping",
    "id": "1"}
bo <- {"type":"pong","id":"1"}
```
```text
<- {"type":"resync"}
```
## Nothing
text
## Two
```
-> POST /api/v1/channels {"name": "x"}
<- 201 {"seq": 1}
-> curl -H "Authorization: Bearer $TOKEN" \\
     -d '{"a": 1}' http://HOST/api/v1/me
-> GET /api/v1/me
```
"""
    one, two = sections_of(page)

    assert [(step.device, step.sends, step.frame) for step in one.steps] == [
        ("an", True, {"type": "ping", "id": "1"}),
        ("bo", False, {"type": "pong", "id": "1"}),
    ]
    assert [step.frame for step in one.shown] == [{"type": "resync"}]
    assert [(step.method, step.path, step.frame, step.status) for step in two.steps] == [
        ("POST", "/api/v1/channels", {"name": "x"}, 0),
        ("", "", {"seq": 1}, 201),
        ("POST", "/api/v1/me", {"a": 1}, 0),
        ("GET", "/api/v1/me", None, 0),
    ]
