"""The proof without which nothing is deleted: entries are read back from the archive and are equal."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from imapp.failpoints import point
from imapp.services.archiving.archive import Archive, Copy, Document
from imapp.stores.canonical import canonical, content_hash, hash_of

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
    wanted = _by_id(documents)
    lacking = _unlike(archive, wanted)
    refused: dict[str, str] = {}
    if lacking:
        point("archive.copying")
        refused = dict(archive.write([wanted[name].document for name in lacking]))
        lacking = _unlike(archive, {name: wanted[name] for name in lacking})
    problems = {name: refused.get(name, why) for name, why in lacking.items()}
    return Proof({name: one.hash for name, one in wanted.items() if name not in problems}, problems)


def unlike(archive: Archive, documents: Sequence[Document]) -> dict[str, str]:
    """Those of these entries that the archive does not have just as they are, and why, by message id.

    Raises:
        ArchiveUnavailable: it can't be said.
    """
    return _unlike(archive, _by_id(documents))


class _Wanted:
    """An entry as the archive should have it."""

    __slots__ = ("document", "hash", "text")

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = canonical(document)
        self.hash = hash_of(self.text)

    def is_equal_to(self, copy: Copy) -> bool:
        """Of what would be put back, not of what the archive says of it; mostly it is the same text."""
        return copy.entry == self.text or content_hash(copy.document) == self.hash


def _by_id(documents: Sequence[Document]) -> dict[str, _Wanted]:
    return {document["_id"]: _Wanted(document) for document in documents}


def _unlike(archive: Archive, wanted: Mapping[str, _Wanted]) -> dict[str, str]:
    """Those of which the archive has no equal copy, and why."""
    found = archive.copies([one.document for one in wanted.values()])
    return {
        name: _OTHER if name in found else _MISSING
        for name, one in wanted.items()
        if name not in found or not one.is_equal_to(found[name])
    }
