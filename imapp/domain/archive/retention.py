"""Which of what is archived is kept no longer: whole chunks, the oldest first, without a hole."""

from collections.abc import Iterable, Sequence

from imapp.domain.archive.manifests import Manifest
from imapp.domain.archive.tiling import Range, overlap


def outlived(
    manifests: Iterable[Manifest], held: Sequence[Range], kept_from_seq: int, before_ms: int
) -> list[Manifest]:
    """The chunks from `kept_from_seq` on all of whose entries were written before this moment.

    It ends before the first one with a younger entry, before one that is missing, and before one of which an
    operator has put something back and wants it kept for now.
    """
    found: list[Manifest] = []
    for manifest in manifests:
        if manifest.from_seq != kept_from_seq or manifest.newest_ms >= before_ms:
            break
        if overlap(manifest.range, held):
            break
        found.append(manifest)
        kept_from_seq = manifest.to_seq + 1
    return found
