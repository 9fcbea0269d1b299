"""`docs/groups.md` is true: its table of rights is the code's, its list of settings too."""

from pathlib import Path
from typing import Final

import pytest

from imapp.domain.channel import Settings
from imapp.domain.permissions import ON_LOWER_ROLES, Action, may
from schemas.channels import UpdateChannelBody
from schemas.common import ChannelType, EditPolicy, JoinPolicy, Role

PAGE: Final = (Path(__file__).parents[2] / "docs" / "groups.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


RIGHTS: Final = {row[0].strip("`"): row[1:] for row in rows("Who may do what")}


def lowest(action: Action, channel_type: ChannelType, settings: Settings) -> str:
    allowed = [role for role in Role if may(action, role, channel_type, settings)]
    return allowed[0].value if allowed else "nobody"


def in_group(action: Action) -> str:
    """The lowest role, usually or by the setting that makes it possible; and which setting changes it."""
    usual = lowest(action, ChannelType.GROUP, Settings())
    if usual == "nobody":
        usual = lowest(action, ChannelType.GROUP, Settings(join=JoinPolicy.APPROVAL))
    by_join = {lowest(action, ChannelType.GROUP, Settings(join=join)) for join in JoinPolicy}
    by_edit = {lowest(action, ChannelType.GROUP, Settings(edit=edit)) for edit in EditPolicy}
    changing = ", by `join`" if len(by_join) > 1 else ", by `edit`" if len(by_edit) > 1 else ""
    return usual + changing


@pytest.mark.parametrize("action", Action, ids=lambda action: action.value)
def test_the_table_says_who_may(action: Action) -> None:
    assert action.value in RIGHTS, "say in docs/groups.md, below 'Who may do what', who may"
    direct, group, on_whom = RIGHTS[action.value]

    assert direct == lowest(action, ChannelType.DIRECT, Settings())
    assert group == in_group(action)
    assert on_whom == ("lower roles" if action in ON_LOWER_ROLES else "")


def test_the_table_has_nothing_else() -> None:
    assert RIGHTS.keys() == {action.value for action in Action}


def test_every_setting_is_described() -> None:
    named = {name.strip(" `") for row in rows("Settings") for name in row[0].split(",")}

    assert named == set(UpdateChannelBody.__struct_fields__) - {"client_message_id"}
