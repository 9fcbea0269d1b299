"""Where in the store a text is, for what must be nowhere any more (I7)."""

from bson import json_util

from imapp.stores.mongo import Database


def holders_of(database: Database, text: str) -> list[str]:
    """The collections that hold a text, whatever the field."""
    return [
        name
        for name in database.list_collection_names()
        if any(text in json_util.dumps(row) for row in database[name].find())
    ]
