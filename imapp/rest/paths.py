"""Ids in paths: `<channel:channel_id>` matches what is a channel id and nothing else."""

from typing import Any, ClassVar, Final

import msgspec
from flask import Flask
from msgspec import inspect
from werkzeug.routing import BaseConverter, ValidationError

from schemas.common import ChannelId, MessageId, UserId
from schemas.emojis import Shortcode
from schemas.files import FileId, Thumbnail

KINDS: Final[dict[str, Any]] = {
    "channel": ChannelId,
    "message": MessageId,
    "user": UserId,
    "emoji": Shortcode,
    "file": FileId,
    "thumbnail": Thumbnail,
}


class IdConverter(BaseConverter):
    """A path segment of one kind of id; with any other segment the path does not exist."""

    kind: ClassVar[Any]

    def to_python(self, value: str) -> str:
        """The id."""
        try:
            return str(msgspec.convert(value, self.kind))
        except msgspec.ValidationError as error:
            raise ValidationError from error


def install_converters(app: Flask) -> None:
    """Let an application's rules name the kinds of ids."""
    for name, kind in KINDS.items():
        app.url_map.converters[name] = type(name, (IdConverter,), {"kind": kind, "regex": _regex(kind)})


def _regex(kind: Any) -> str:
    """What such an id looks like.

    Refusing it in `to_python` alone comes too late where a path has several methods: werkzeug then says that
    the method is not allowed, also when it is.
    """
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.Metadata)
    text = described.type
    assert isinstance(text, inspect.StrType)
    assert text.pattern is not None
    shape = text.pattern.removeprefix("^").removesuffix(r"(?!\n)").removesuffix("$")
    return rf"(?=.{{{text.min_length},{text.max_length}}}\Z){shape}"
