"""Files sent up and sent, in one line each."""

from typing import Any

import requests

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
