"""How long Elasticsearch is given: little by who answers people, much by who nobody waits for."""

import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest

from imapp.errors import ArchiveUnavailable
from imapp.stores.archive.client import ArchiveClient, PatientClient
from tests.support.es_proxy import Answer, EsProxy, es_proxy

TAKES_S: Final = 0.5


@pytest.fixture
def slow() -> Iterator[EsProxy]:
    """An Elasticsearch that answers every question, after a while."""
    never = threading.Event()

    def answer(_path: str, _body: str) -> Answer:
        never.wait(TAKES_S)
        return Answer(200, '{"docs": []}')

    with es_proxy("http://127.0.0.1:1") as proxy:
        proxy.meddle = answer
        yield proxy


def ask(client: ArchiveClient) -> Any:
    with client.reading() as driver:
        return driver.mget(docs=[{"_index": "any", "_id": "any"}]).body["docs"]


def test_who_answers_people_gives_up_where_who_nobody_waits_for_goes_on(slow: EsProxy) -> None:
    person, worker = ArchiveClient(slow.url, read_s=TAKES_S / 10), PatientClient(slow.url)

    with pytest.raises(ArchiveUnavailable):
        ask(person)

    assert ask(worker) == []
    person.close()
    worker.close()


def test_who_nobody_waits_for_is_never_refused_unasked() -> None:
    worker = PatientClient("http://127.0.0.1:1")

    for _ in range(5):
        with pytest.raises(ArchiveUnavailable, match="ConnectionError"):
            ask(worker)
    worker.close()


def test_elasticsearch_shall_stop_a_search_while_somebody_still_waits_to_be_told() -> None:
    person = ArchiveClient("http://127.0.0.1:1", read_s=2.0)
    assert person.search_within == "1500ms"
    person.close()
