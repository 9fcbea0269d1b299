"""What an insert reports that the database took and could not confirm."""

from types import SimpleNamespace
from typing import Any

import pytest

from imapp.errors import StoreUnavailable
from imapp.stores.mongo import insert_durably


def test_an_insert_that_the_majority_did_not_confirm_is_not_taken_as_stored() -> None:
    answer = {"ok": 1.0, "n": 1, "writeConcernError": {"code": 64, "codeName": "WriteConcernTimeout"}}
    collection: Any = SimpleNamespace(name="messages", database=SimpleNamespace(command=lambda _: answer))

    with pytest.raises(StoreUnavailable, match="WriteConcernTimeout"):
        insert_durably(collection, [{"_id": 1}])
