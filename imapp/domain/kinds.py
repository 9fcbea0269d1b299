"""What a message of each kind may hold (seed: 可发送的数据类型:文字,表情,图片,文件).

Text and emoji mix freely. An image or a file goes alone, one a message (图片.附件只能单独单个发送): its
content is empty and its `extra` names the one file. What is known of that file is looked up elsewhere.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from imapp.domain import emoji
from schemas.common import (
    FILE_ID,
    MAX_EMOJI_CHARS,
    MAX_EMOJI_IN_MESSAGE,
    MessageType,
)

FILE_KEY: Final = "file_id"
"""Where the `extra` of an image or a file names it."""

WITH_FILE: Final = frozenset({MessageType.IMAGE, MessageType.FILE})
_FILE_ID: Final = re.compile(FILE_ID)

Problem = dict[str, str]
"""The field that is wrong, and why."""


def problem(kind: MessageType, content: str, extra: Mapping[str, Any]) -> Problem | None:
    """Why a message of this kind can't be this, None if it can."""
    if kind is MessageType.TEXT:
        return _problem_of_text(content, extra)
    if kind is MessageType.EMOJI:
        return _problem_of_emoji(content) or _no_file(extra)
    return _problem_of_file(kind, content, extra)


def file_of(extra: Mapping[str, Any]) -> str | None:
    """The file that the `extra` of a message names, None for none."""
    named = extra.get(FILE_KEY)
    return named if isinstance(named, str) else None


def _problem_of_text(content: str, extra: Mapping[str, Any]) -> Problem | None:
    if not content:
        return {"content": "a text has at least one character"}
    return _no_file(extra) if extra else None


def _problem_of_emoji(content: str) -> Problem | None:
    if len(content) > MAX_EMOJI_CHARS:
        return {"content": f"an emoji message has at most {MAX_EMOJI_CHARS} characters"}
    if not emoji.is_only_emoji(content):
        return {"content": "an emoji message is [:shortcode:] and no other character; send words as text"}
    if content.count("[:") > MAX_EMOJI_IN_MESSAGE:
        return {"content": f"more than {MAX_EMOJI_IN_MESSAGE} emoji; send them as text"}
    return None


def _problem_of_file(kind: MessageType, content: str, extra: Mapping[str, Any]) -> Problem | None:
    if content:
        return {
            "content": f"a message of type {kind.value} goes alone; send the words as a text of their own"
        }
    named = extra.get(FILE_KEY)
    if not isinstance(named, str) or not _FILE_ID.fullmatch(named):
        return {"extra": f"a message of type {kind.value} names one file, {FILE_KEY}"}
    if len(extra) > 1:
        return {"extra": f"a message of type {kind.value} has {FILE_KEY} and nothing else"}
    return None


def _no_file(extra: Mapping[str, Any]) -> Problem | None:
    if FILE_KEY in extra:
        return {"extra": "a file goes alone: send it as a message of type file or image"}
    return None
