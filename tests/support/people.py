"""People are put into MongoDB before they use the system, as the company's user sync would do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ReplaceOne
from pymongo.database import Database

Documents = Database[dict[str, Any]]


def make_users(database: Documents, *ids: str) -> Sequence[str]:
    """These users exist and are active; a name is the id with a capital letter. Gives the ids back."""
    rows = [
        {
            "_id": user,
            "name": user.capitalize(),
            "avatar": "",
            "kind": "employee",
            "status": "active",
            "updated_at": datetime.now(UTC),
        }
        for user in ids
    ]
    if rows:
        database["users"].bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows])
    return ids


def traces_of(documents: Documents, user: str) -> dict[str, int]:
    """How many documents hold something that this person has done."""
    return {
        "messages": documents["messages"].count_documents({"sender": user}),
        "channels": documents["channels"].count_documents({"$or": [{"creator": user}, {"owner": user}]}),
        "members": documents["members"].count_documents({"user_id": user}),
        "pushes": documents["pushes"].count_documents({"rows.receiver": user}),
        "parked": documents["parked"].count_documents({}),
    }
