"""How much of a channel a member has not read (I6)."""

from schemas.common import UNREAD_CAP


def unread(last_countable: int, read_countable: int) -> int:
    """Entries that count between a member's watermark and the newest one he may see."""
    return max(0, last_countable - read_countable)


def unread_label(count: int) -> str:
    """The badge: "" for none, "1" to "99", then "99+"."""
    if count == 0:
        return ""
    return str(count) if count <= UNREAD_CAP else f"{UNREAD_CAP}+"
