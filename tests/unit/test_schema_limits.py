"""How long a field may be: the longest is taken, and one more is refused."""

from typing import Any

import msgspec
import pytest
from msgspec import inspect

from schemas import admin, common, emojis, frames, presence


def _field(shape: type, name: str) -> Any:
    """The type of a field of a shape, as it was written."""
    described = inspect.type_info(shape)
    assert isinstance(described, inspect.StructType)
    assert name in {field.name for field in described.fields}
    return shape.__annotations__[name]


@pytest.mark.parametrize(
    ("kind", "longest"),
    [
        pytest.param(
            admin.Reason,
            admin.MAX_REASON_CHARS,
            marks=pytest.mark.limit("reason of an administrator"),
        ),
        pytest.param(
            emojis.Character,
            emojis.MAX_CHARACTER_CHARS,
            marks=pytest.mark.limit("character of an emoji"),
        ),
        pytest.param(emojis.PackName, 32, marks=pytest.mark.limit("pack of emoji")),
        pytest.param(common.Cursor, 500, marks=pytest.mark.limit("cursor")),
        pytest.param(
            _field(presence.PresenceQuery, "ids"),
            common.MAX_IDS_CHARS,
            marks=pytest.mark.limit("ids in a query"),
        ),
        pytest.param(_field(admin.AdminUserQuery, "ids"), common.MAX_IDS_CHARS, id="ids of people"),
        pytest.param(_field(admin.AdminChannelQuery, "ids"), common.MAX_IDS_CHARS, id="ids of channels"),
        pytest.param(
            _field(frames.Hello, "device"), frames.MAX_DEVICE_CHARS, marks=pytest.mark.limit("device")
        ),
        pytest.param(_field(frames.Hello, "token"), common.MAX_TOKEN_CHARS, marks=pytest.mark.limit("token")),
        pytest.param(
            _field(admin.KickBody, "connection_id"),
            admin.MAX_CONNECTION_ID_CHARS,
            marks=pytest.mark.limit("id of a connection"),
        ),
        pytest.param(
            _field(admin.AuditQuery, "actor"),
            admin.MAX_AUDIT_ACTOR_CHARS,
            marks=pytest.mark.limit("whom the audit log is asked about"),
        ),
        pytest.param(
            _field(admin.AuditQuery, "action"),
            admin.MAX_AUDIT_FILTER_CHARS,
            marks=pytest.mark.limit("other filters of the audit log"),
        ),
        pytest.param(_field(admin.AuditQuery, "target"), admin.MAX_AUDIT_FILTER_CHARS, id="target"),
    ],
)
def test_the_longest_is_taken_and_one_more_refused(kind: Any, longest: int) -> None:
    assert msgspec.convert("a" * longest, kind) == "a" * longest
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("a" * (longest + 1), kind)
