"""Elasticsearch as tests see it: behind the product's back."""

from typing import Any, Final

import requests

MOST_COPIES: Final = 10_000
"""Elasticsearch gives out no more in one answer."""


def drop_indices(es_url: str, namespace: str) -> None:
    """Delete what a system made there. Nothing happens where no server is, or none answers any more."""
    if not es_url:
        return
    try:
        for name in index_names(es_url, namespace):
            requests.delete(f"{es_url}/{name}", timeout=30)
        requests.delete(f"{es_url}/_index_template/{namespace}-messages", timeout=30)
    except requests.ConnectionError:
        return  # the test took the server away


def index_names(es_url: str, namespace: str) -> list[str]:
    """The indices of a system, of every building."""
    answer = requests.get(f"{es_url}/{namespace}-messages-*", timeout=30)
    return sorted(answer.json()) if answer.ok else []


def indexed(es_url: str, namespace: str) -> dict[str, dict[str, Any]]:
    """What can be searched for now, by message id; `MOST_COPIES` at most."""
    answer = requests.post(
        f"{es_url}/{namespace}-messages/_search?ignore_unavailable=true&allow_no_indices=true",
        json={"size": MOST_COPIES, "query": {"match_all": {}}},
        timeout=30,
    )
    if not answer.ok:
        return {}  # an index that was just made can't be searched yet
    return {hit["_id"]: hit["_source"] for hit in answer.json()["hits"]["hits"]}


def copies_of(es_url: str, namespace: str, channel: str) -> list[dict[str, Any]]:
    """What Elasticsearch holds of a channel now, by seq; `MOST_COPIES` at most."""
    requests.post(f"{es_url}/{namespace}-messages/_refresh", timeout=30).raise_for_status()
    answer = requests.post(
        f"{es_url}/{namespace}-messages/_search",
        json={"size": MOST_COPIES, "query": {"term": {"channel_id": channel}}, "sort": [{"seq": "asc"}]},
        timeout=30,
    )
    answer.raise_for_status()
    return [hit["_source"] for hit in answer.json()["hits"]["hits"]]
