"""Elasticsearch: whether it answers, and whether its indices are there and can be used."""

from collections.abc import Iterator

from imapp.errors import ArchiveUnavailable
from imapp.services.doctor import Finding, fail, ok, warn
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.indices import Indices


def archive_findings(client: ArchiveClient, indices: Indices) -> Iterator[Finding]:
    """What is found."""
    try:
        problem, is_prepared = client.ping(), indices.is_prepared()
    except ArchiveUnavailable as error:
        yield fail(f"Elasticsearch does not answer: {error}"[:300], "start it, or mend IM_ES_URL")
        return
    if problem:
        yield fail(f"Elasticsearch: {problem}", "GET /_cluster/allocation/explain says why")
    else:
        yield ok("Elasticsearch answers")
    if not is_prepared:
        yield warn("Elasticsearch has no template for the indices", "imapp search init, or start its worker")
