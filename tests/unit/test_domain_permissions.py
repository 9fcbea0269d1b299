"""Who may do what: the table over every action, role and type of channel."""

import itertools

import pytest

from imapp.domain.channel import Settings
from imapp.domain.permissions import ON_LOWER_ROLES, Action, may, outranks
from schemas.common import ChannelType, EditPolicy, JoinPolicy, Role

ROLES = (Role.MEMBER, Role.ADMIN, Role.OWNER)


def lowest(action: Action, channel_type: ChannelType, settings: Settings | None = None) -> Role | None:
    """The lowest role that may; those above it may too."""
    allowed = [role for role in ROLES if may(action, role, channel_type, settings or Settings())]
    assert allowed == list(ROLES[len(ROLES) - len(allowed) :]), "a higher role may whatever a lower one may"
    return allowed[0] if allowed else None


@pytest.mark.parametrize("action", Action, ids=lambda action: action.value)
def test_every_action_is_somebodys_somewhere(action: Action) -> None:
    open_to_requests = Settings(join=JoinPolicy.APPROVAL)

    assert any(lowest(action, channel_type, open_to_requests) for channel_type in ChannelType)


@pytest.mark.parametrize(("role", "other"), list(itertools.product(ROLES, ROLES)))
def test_a_role_outranks_those_below_it(role: Role, other: Role) -> None:
    assert outranks(role, other) == (ROLES.index(role) > ROLES.index(other))


def test_what_is_done_to_lower_roles_only() -> None:
    assert {Action.REMOVE, Action.NICKNAME_OTHERS, Action.MUTE, Action.SET_ROLE} <= ON_LOWER_ROLES


@pytest.mark.parametrize(
    ("join", "adds", "proposes"),
    [
        (JoinPolicy.INVITE, Role.MEMBER, None),
        (JoinPolicy.ADMINS, Role.ADMIN, None),
        (JoinPolicy.APPROVAL, Role.ADMIN, Role.MEMBER),
    ],
)
def test_who_adds_people_is_a_setting(join: JoinPolicy, adds: Role, proposes: Role | None) -> None:
    settings = Settings(join=join)

    assert lowest(Action.ADD, ChannelType.GROUP, settings) is adds
    assert lowest(Action.PROPOSE, ChannelType.GROUP, settings) is proposes


@pytest.mark.parametrize(
    ("edit", "updates"), [(EditPolicy.ADMINS, Role.ADMIN), (EditPolicy.MEMBERS, Role.MEMBER)]
)
def test_who_renames_is_a_setting(edit: EditPolicy, updates: Role) -> None:
    assert lowest(Action.UPDATE, ChannelType.GROUP, Settings(edit=edit)) is updates


def test_settings_of_groups_mean_nothing_in_direct_chats() -> None:
    strict = Settings(join=JoinPolicy.ADMINS, mute_all=True)

    assert lowest(Action.ADD, ChannelType.DIRECT, strict) is Role.MEMBER
    assert lowest(Action.UPDATE, ChannelType.DIRECT, Settings(edit=EditPolicy.MEMBERS)) is None
