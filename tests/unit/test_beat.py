"""What `celery beat` enqueues, with Elasticsearch and without."""

from types import SimpleNamespace
from typing import Any

import pytest

from imapp.broker.topology import INDEX_TASK, MOVE_TASK
from imapp.config import Config
from workers.beat import schedule


def scheduled(es_url: str) -> dict[str, Any]:
    """The task and the queue of each entry of the schedule, by its name."""
    conf: dict[str, Any] = {}
    schedule(SimpleNamespace(conf=conf), Config(environment="test", namespace="im", es_url=es_url))
    return {name: (one["task"], one["options"]["queue"]) for name, one in conf["beat_schedule"].items()}


@pytest.mark.parametrize("es_url", ["", "http://127.0.0.1:9200"])
def test_what_is_kept_no_longer_is_looked_for_with_and_without_elasticsearch(es_url: str) -> None:
    assert scheduled(es_url)["move"] == (MOVE_TASK, "im.moves")


def test_what_is_sent_is_indexed_only_where_elasticsearch_is() -> None:
    assert scheduled("http://127.0.0.1:9200")["index"] == (INDEX_TASK, "im.archive")
    assert "index" not in scheduled("")
