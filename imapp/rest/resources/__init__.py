"""The resources: one blueprint each. A view's docstring is public: it is the operation's description."""

from imapp.rest.resources import (
    administration,
    channels,
    conversations,
    emojis,
    files,
    groups,
    health,
    members,
    messages,
    moderation,
    people,
    search,
)

BLUEPRINTS = (
    people.blueprint,
    channels.blueprint,
    members.blueprint,
    groups.blueprint,
    messages.blueprint,
    conversations.blueprint,
    emojis.blueprint,
    files.blueprint,
    search.blueprint,
    health.blueprint,
    administration.blueprint,
    moderation.blueprint,
)
