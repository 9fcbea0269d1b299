"""How many groups a person makes, and into how many channels he is brought."""

import pytest

from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.strict import CHANNELS, GROUPS, a_group, connect


@pytest.mark.limit("groups made")
def test_a_person_makes_so_many_groups_and_no_more(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    for _ in range(GROUPS - 1):
        a_group(phone, bo)
    last = phone.new_id()
    written = phone.write("create_group", client_message_id=last, name="last", user_ids=[bo])

    with pytest.raises(RefusedError, match="quota_exceeded") as refused:
        a_group(phone, bo)
    again = phone.write("create_group", client_message_id=last, name="last", user_ids=[bo])

    assert refused.value.reply.errors == {"groups_made": GROUPS}
    assert again.message_id == written.message_id, "a repeat of what is stored is answered the same"


@pytest.mark.limit("channels of a person")
def test_a_person_is_brought_into_so_many_channels_and_no_more(strict_scene: Scene) -> None:
    bo, *makers = strict_scene.people("bo", *(f"u{number}" for number in range(CHANNELS + 1)))
    phones = [connect(strict_scene, maker) for maker in makers]
    channels = [a_group(phone, bo) for phone in phones[:CHANNELS]]

    with pytest.raises(RefusedError, match="quota_exceeded") as refused:
        a_group(phones[CHANNELS], bo)

    assert refused.value.reply.errors == {"channels": CHANNELS, "user_ids": [bo]}
    connect(strict_scene, bo).write("leave", channel_id=channels[0])
    a_group(phones[CHANNELS], bo)


def test_adding_who_is_in_already_is_no_matter_of_quotas(strict_scene: Scene) -> None:
    bo, chen, *makers = strict_scene.people("bo", "chen", *(f"u{number}" for number in range(CHANNELS)))
    phones = [connect(strict_scene, maker) for maker in makers]
    channels = [a_group(phone, bo) for phone in phones]

    phones[0].write("add_members", channel_id=channels[0], user_ids=[bo, chen])

    assert {row.user_id for row in strict_scene.rest(makers[0]).members(channels[0]).members} >= {bo, chen}
