"""People: collection `users` [t_im_user]."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from imapp.domain.decisions import Profile
from imapp.domain.entries import wire_time
from imapp.domain.search.names import name_keys
from imapp.stores.mongo import Database, Document, mapped_errors, starting_with, to_ms
from schemas.admin import AdminUser, UserStatus
from schemas.users import User, UserKind

ACTIVE = "active"
DISABLED = "disabled"


class UserStore:
    """Reads people; writes them for the operator's tools."""

    def __init__(self, database: Database) -> None:
        self._users = database["users"]

    def profiles(self, user_ids: Iterable[str]) -> dict[str, Profile]:
        """Those who exist, by user id."""
        with mapped_errors():
            return {row["_id"]: _profile(row) for row in self._users.find({"_id": {"$in": list(user_ids)}})}

    def active(self, user_ids: Iterable[str]) -> set[str]:
        """Those of these people who may use the system."""
        wanted = {"_id": {"$in": list(user_ids)}, "status": ACTIVE}
        with mapped_errors():
            return {row["_id"] for row in self._users.find(wanted, {"_id": 1})}

    def find_active(self, user_id: str) -> User | None:
        """Somebody who may use the system, None if there is no such person or he is disabled."""
        with mapped_errors():
            row = self._users.find_one({"_id": user_id, "status": ACTIVE})
        return _user(row) if row else None

    def by_ids(self, user_ids: Iterable[str], after: str, limit: int) -> list[User]:
        """Active people among these ids, by id."""
        return self._page({"_id": {"$in": list(user_ids), "$gt": after}}, limit)

    def by_name(self, start: str, after: str, limit: int) -> list[User]:
        """Active people whose name starts so, by id; everybody for an empty start."""
        wanted: Document = {"_id": {"$gt": after}}
        if start:
            # Escaped, so what somebody types is text and never a pattern.
            wanted["name"] = {"$regex": "^" + re.escape(start)}
        return self._page(wanted, limit)

    def by_keys(self, starts: Sequence[str], after: str, limit: int) -> list[User]:
        """Active people whose name has, for each of these, a key that begins so; by id."""
        # Ranges, so that what somebody types never becomes a pattern; each must hold of one key.
        keys: list[Document] = [{"name_keys": {"$elemMatch": starting_with(start)}} for start in starts]
        return self._page({"_id": {"$gt": after}, "$and": keys}, limit)

    def without_keys(self, limit: int, *, changed_within_s: float | None) -> dict[str, str]:
        """Names, by id, whose keys were made for another name or not at all; those changed lately or any."""
        wanted: list[Document] = [{"$ne": ["$name", "$keys_of"]}]
        if changed_within_s is not None:
            since = {"$subtract": ["$$NOW", round(changed_within_s * 1_000)]}
            wanted.append({"$gt": ["$updated_at", since]})
        with mapped_errors():
            # The active ones, so that the index on (status, updated_at) serves it.
            rows = self._users.find({"status": ACTIVE, "$expr": {"$and": wanted}}, {"name": 1}).limit(limit)
            return {row["_id"]: row["name"] for row in rows}

    def set_keys(self, names: Mapping[str, str]) -> None:
        """Make the keys of these names, by id, unless the name is another by now."""
        updates = [
            UpdateOne({"_id": user_id, "name": name}, {"$set": _keys(name)})
            for user_id, name in names.items()
        ]
        if updates:
            with mapped_errors():
                self._users.bulk_write(updates, ordered=False)

    def found(
        self, *, ids: Iterable[str] | None, name: str, active: bool | None, after: str, limit: int
    ) -> list[AdminUser]:
        """People by id, disabled ones too: those among the ids, and whose name starts so."""
        wanted: Document = {"_id": {"$gt": after}}
        if ids is not None:
            wanted["_id"]["$in"] = list(ids)
        if name:
            wanted["name"] = starting_with(name)
        if active is not None:
            wanted["status"] = ACTIVE if active else {"$ne": ACTIVE}
        with mapped_errors():
            return [_admin_user(row) for row in self._users.find(wanted).sort("_id", 1).limit(limit)]

    def no_longer_active(self, *, changed_within_s: float, among: Collection[str]) -> set[str]:
        """Who was changed in the last seconds and is not active, and who of the given people is not.

        The seconds are counted back from now by the database's own clock, as it stamps changes.
        """
        since = {"$subtract": ["$$NOW", round(changed_within_s * 1_000)]}
        lately = {"status": {"$ne": ACTIVE}, "$expr": {"$gt": ["$updated_at", since]}}
        with mapped_errors():
            rows = list(self._users.find({"$or": [lately, {"_id": {"$in": list(among)}}]}, {"status": 1}))
        active = {row["_id"] for row in rows if row.get("status") == ACTIVE}
        return {row["_id"] for row in rows}.union(among) - active

    def set_active(self, user_id: str, active: bool) -> bool:
        """Let somebody in or keep him out; whether there is such a person."""
        with mapped_errors():
            written = self._users.update_one(
                {"_id": user_id},
                {
                    "$set": {"status": ACTIVE if active else DISABLED},
                    "$currentDate": {"updated_at": True},
                },
            )
        return written.matched_count == 1

    def set_avatar(self, user_id: str, avatar: str, session: ClientSession) -> None:
        """Give somebody another picture as part of a transaction."""
        change = {"$set": {"avatar": avatar}, "$currentDate": {"updated_at": True}}
        self._users.update_one({"_id": user_id}, change, session=session)

    def put(self, users: Iterable[User]) -> None:
        """Create people or change their name, avatar and kind. Who is disabled stays so."""
        updates = [
            UpdateOne(
                {"_id": user.user_id},
                {
                    "$set": {
                        "name": user.name,
                        "avatar": user.avatar,
                        "kind": user.kind.value,
                        **_keys(user.name),
                    },
                    "$setOnInsert": {"status": ACTIVE},
                    "$currentDate": {"updated_at": True},
                },
                upsert=True,
            )
            for user in users
        ]
        with mapped_errors():
            self._users.bulk_write(updates)

    def _page(self, wanted: Document, limit: int) -> list[User]:
        with mapped_errors():
            rows = self._users.find({**wanted, "status": ACTIVE}).sort("_id", 1).limit(limit)
            return [_user(row) for row in rows]


def _admin_user(row: Document) -> AdminUser:
    active, changed = row.get("status") == ACTIVE, row.get("updated_at")
    return AdminUser(
        user_id=row["_id"],
        name=row["name"],
        avatar=row["avatar"],
        kind=UserKind(row["kind"]),
        status=UserStatus.ACTIVE if active else UserStatus.DISABLED,
        updated_at=wire_time(to_ms(changed)) if changed else None,
    )


def _keys(name: str) -> Document:
    return {"name_keys": name_keys(name), "keys_of": name}


def _profile(row: Document) -> Profile:
    return Profile(row["_id"], row["name"], row["avatar"], row["status"] == ACTIVE)


def _user(row: Document) -> User:
    return User(user_id=row["_id"], name=row["name"], avatar=row["avatar"], kind=UserKind(row["kind"]))
