"""Files that are fetched: there whole and under their name, or not at all, so that one can try again."""

import io
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import requests
from urllib3 import HTTPResponse

from imapp.cli.chat.carrier import Carried, Carrier, Fetched, NotCarried
from imapp.cli.chat.rest import Rest

DATA = b"lunch " * 100


def response(status: int, body: bytes, *, announced: int | None = None) -> requests.Response:
    """An answer of the server; its body may end before what it has announced."""
    headers = {"Content-Length": str(len(body) if announced is None else announced)}
    answer = requests.Response()
    answer.status_code = status
    answer.raw = HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)
    return answer


class FakeRest(Rest):
    """A server with one file; `answers` come in order, then the file itself."""

    def __init__(self, *answers: requests.Response) -> None:
        self._answers = list(answers)

    def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, stream: bool = False
    ) -> requests.Response:
        assert params is None
        if path.endswith("/meta"):
            return response(200, b'{"name": "menu.pdf", "size": %d}' % len(DATA))
        assert stream
        return self._answers.pop(0) if self._answers else response(200, DATA)


def fetched(rest: FakeRest, path: Path) -> Carried:
    """What becomes of a file that is fetched."""
    outcomes: SimpleQueue[Carried] = SimpleQueue()
    Carrier(rest, outcomes.put).fetch("f1", path)
    return outcomes.get(timeout=10)


RECALLED = (404, b'{"code": "not_found", "message": "There is no such thing"}', None)


@pytest.mark.parametrize(
    ("status", "body", "announced", "why"),
    [
        pytest.param(*RECALLED, "There is no such thing", id="recalled meanwhile"),
        pytest.param(200, DATA[:100], len(DATA), "IncompleteRead", id="cut off"),
        pytest.param(200, DATA[:100], 100, "100 of 600 bytes", id="ended too early"),
    ],
)
def test_a_file_that_does_not_come_leaves_nothing_and_can_be_fetched_again(
    tmp_path: Path, *, status: int, body: bytes, announced: int | None, why: str
) -> None:
    rest = FakeRest(response(status, body, announced=announced))

    first = fetched(rest, tmp_path / "menu.pdf")
    left = [*tmp_path.iterdir()]
    again = fetched(rest, tmp_path / "menu.pdf")

    assert isinstance(first, NotCarried)
    assert why in first.why
    assert left == []
    assert again == Fetched(tmp_path / "menu.pdf", len(DATA))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [DATA]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "menu.pdf").write_bytes(b"mine")

    outcome = fetched(FakeRest(), tmp_path / "menu.pdf")

    assert isinstance(outcome, NotCarried)
    assert "File exists" in outcome.why
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]


class OvertakenRest(FakeRest):
    """Somebody else writes to the same path while the file is on its way."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def get(self, path: str, *options: Any, **more: Any) -> requests.Response:
        if not path.endswith("/meta"):
            self._path.write_bytes(b"mine")
        return super().get(path, *options, **more)


def test_nor_is_one_that_comes_meanwhile(tmp_path: Path) -> None:
    outcome = fetched(OvertakenRest(tmp_path / "menu.pdf"), tmp_path / "menu.pdf")

    assert isinstance(outcome, NotCarried)
    assert "File exists" in outcome.why
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]
