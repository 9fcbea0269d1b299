"""The proof without which nothing is deleted: entries are read back from the archive and are equal."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from imapp.failpoints import point
from imapp.services.archiving.archive import Archive, Document
from imapp.stores.canonical import content_hash

_MISSING: Final = "the archive does not have it"
_OTHER: Final = "the archive has another content"


class Proof(Struct, frozen=True):
    """Content hashes of entries that the archive has just as they are, and why the others are not proved.

    Both by message id.
    """

    hashes: dict[str, str]
    problems: dict[str, str]


def ensure_archived(archive: Archive, documents: Sequence[Document]) -> Proof:
    """Have these entries in the archive as they are; what is there already is only read.

    Raises:
        ArchiveUnavailable: nothing is proved.
    """
    hashes = {document["_id"]: content_hash(document) for document in documents}
    lacking = _unlike(archive, hashes)
    refused: dict[str, str] = {}
    if lacking:
        point("archive.copying")
        refused = dict(archive.write([document for document in documents if document["_id"] in lacking]))
        lacking = _unlike(archive, {name: hashes[name] for name in lacking})
    problems = {name: refused.get(name, why) for name, why in lacking.items()}
    return Proof({name: one for name, one in hashes.items() if name not in problems}, problems)


def _unlike(archive: Archive, hashes: dict[str, str]) -> dict[str, str]:
    """Those of which the archive has no equal copy, and why."""
    found = archive.read(hashes)
    return {
        name: _OTHER if name in found else _MISSING
        for name, wanted in hashes.items()
        # Of what would be put back, not of what the archive says of it.
        if name not in found or content_hash(found[name].document) != wanted
    }
