"""What the benchmark says of a member who only looks: he must have seen every entry, once and in order."""

from types import SimpleNamespace
from typing import Any

import pytest

from bench.crowds import check_onlooker
from tests.support.report import Report


def judged(*seqs: int, differing: int = 0) -> dict[str, list[int]]:
    """The seqs that are found fault with, of seven that are stored."""
    onlooker: Any = SimpleNamespace(channel="lunch", user="bo", seqs=[*seqs], differing=differing)
    report = Report()
    check_onlooker(report, onlooker, 7)
    found = {name: getattr(report, name) for name in ("gap", "dup", "reorder", "phantom")}
    return {name: [finding.seq for finding in findings] for name, findings in found.items() if findings}


def test_who_has_seen_all_is_fine() -> None:
    assert judged(1, 2, 3, 4, 5, 6, 7) == {}


@pytest.mark.parametrize(
    ("seqs", "faults"),
    [
        ((5, 6, 7), {"gap": [1, 2, 3, 4]}),
        ((1, 2, 5, 6, 7), {"gap": [3, 4]}),
        ((1, 2, 3, 4), {"gap": [5, 6, 7]}),
        ((), {"gap": [1, 2, 3, 4, 5, 6, 7]}),
        ((1, 2, 3, 3, 4, 5, 6, 7), {"dup": [3]}),
    ],
    ids=["the first", "some", "the last", "all", "one twice"],
)
def test_what_he_missed_or_saw_twice_is_named(seqs: tuple[int, ...], faults: dict[str, list[int]]) -> None:
    assert judged(*seqs) == faults


def test_what_he_saw_late_and_otherwise_than_others_is_named() -> None:
    assert judged(1, 2, 4, 3, 4, 5, 6, 7)["reorder"] == [3]
    assert "phantom" in judged(1, 2, 3, 4, 5, 6, 7, differing=1)
