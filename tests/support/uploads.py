"""Files sent up and sent, in one line each."""

from typing import Any

import requests

from imapp.stores.mongo import Database
from tests.support.rest import RestClient
from tests.support.samples import PDF


def upload(
    client: RestClient,
    data: Any = PDF,
    *,
    name: str = "report.pdf",
    declared: str = "application/pdf",
    client_id: str | None = None,
    field: str = "file",
) -> requests.Response:
    """The answer to an upload."""
    query = {"client_message_id": client_id or client.fresh_id()}
    return client.call("POST", "/files", params=query, files={field: (name, data, declared)})


def kept(client: RestClient, data: Any = PDF, **options: Any) -> str:
    """The id of a file that was taken."""
    answer = upload(client, data, **options)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["file_id"])


def send_file(
    client: RestClient, channel: str, file_id: str, *, kind: str = "file", **extra: Any
) -> requests.Response:
    """The answer to a message with a file."""
    body = {
        "client_message_id": client.fresh_id(),
        "message_type": kind,
        "extra": {"file_id": file_id, **extra},
    }
    return client.call("POST", f"/channels/{channel}/messages", json=body)


def refusal(answer: requests.Response) -> str:
    """The code of a refusal."""
    assert not answer.ok, answer.text
    return str(answer.json()["code"])


def blob_of(database: Database, file_id: str) -> str:
    """Under which key the bytes of a file are kept; those of its thumbnails have it before a dot."""
    record = database["files"].find_one({"_id": file_id})
    assert record is not None, f"{file_id} is not there"
    return str(record["blob"])


def bytes_kept(database: Database, blob: str) -> set[str]:
    """The keys under which there is anything of a file and its thumbnails."""
    return {key for key in _keys(database) if key.partition(".")[0] == blob}


def orphans(database: Database) -> set[str]:
    """The keys of bytes that belong to no record, so that nobody would ever remove them."""
    # A record comes before its bytes and goes after them, so it is there before or after a look at them.
    before = _blobs_of_records(database)
    keys = _keys(database)
    known = before | _blobs_of_records(database)
    return {key for key in keys if key.partition(".")[0] not in known}


def _keys(database: Database) -> set[str]:
    return {*database["blobs.files"].distinct("_id"), *database["blobs.chunks"].distinct("files_id")}


def _blobs_of_records(database: Database) -> set[str]:
    return set(database["files"].distinct("blob"))
