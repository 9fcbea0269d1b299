"""Reading what commands refer to: nothing at all for those that refer to nothing."""

from collections.abc import Iterable

from imapp.domain.decisions import NO_REFERENCES, References
from imapp.domain.ids import split_message_id
from imapp.domain.references import refers
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from schemas.commands import AnyCommand, SendMessage


def look_up_references(commands: Iterable[AnyCommand], log: MessageLog, members: MemberStore) -> References:
    """The entries that these commands answer or pass on, and where those who pass on may read.

    What is passed on may be of any channel, whose writer goes on meanwhile: it counts as it is now.

    Raises:
        StoreUnavailable: MongoDB did not answer.
    """
    referring = [command for command in commands if isinstance(command, SendMessage) and refers(command)]
    named = {name for each in referring for name in (each.reply_to, each.forward_of) if name is not None}
    if not named:
        return NO_REFERENCES
    sources = {
        (split_message_id(each.forward_of)[0], each.actor)
        for each in referring
        if each.forward_of is not None
    }
    rows = members.find_all(sources) if sources else {}
    return References(
        entries=log.at(split_message_id(name) for name in sorted(named)),
        stays={pair: row.member.spans for pair, row in rows.items()},
    )
