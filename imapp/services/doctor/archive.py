"""Elasticsearch: whether it answers, and whether its indices can be used."""

from collections.abc import Iterator

from imapp.errors import ArchiveUnavailable
from imapp.services.doctor import Finding, fail, ok
from imapp.stores.archive.client import ArchiveClient


def archive_findings(client: ArchiveClient) -> Iterator[Finding]:
    """What is found."""
    try:
        problem = client.ping()
    except ArchiveUnavailable as error:
        yield fail(f"Elasticsearch does not answer: {error}"[:300], "start it, or mend IM_ES_URL")
        return
    if problem:
        yield fail(f"Elasticsearch: {problem}", "GET /_cluster/allocation/explain says why")
    else:
        yield ok("Elasticsearch answers")
