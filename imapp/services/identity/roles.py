"""Roles that whoever vouches for people gives them, beside those they have in channels."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class RoleNames:
    """What the issuer calls them: the claim of a token that lists them, and the one that administrates.

    An empty `admin` means that nobody is an administrator.
    """

    claim: str = "roles"
    admin: str = "admin"

    def grants_admin(self, roles: Collection[str]) -> bool:
        """Whether who has these roles may do what only administrators of the system may."""
        return bool(self.admin) and self.admin in roles


USUAL_NAMES: Final = RoleNames()
"""What they are called unless a setting says otherwise."""


def roles_of(claimed: Any) -> frozenset[str]:
    """The roles that a claim lists. Only texts in a list count: anything else might be read in two ways."""
    if not isinstance(claimed, list):
        return frozenset()
    return frozenset(role for role in claimed if isinstance(role, str))
