"""The rules for what is archived (nothing of it differs) and what was recalled (it is gone): I8, I7."""

from collections.abc import Iterable

from tests.support.history import Entry
from tests.support.ledger import Ledger
from tests.support.report import Finding


def check_archive(ledger: Ledger) -> None:
    """Judge the log for what was recalled, the copies in Elasticsearch, and what the archive's proof said."""
    _check_recalled(ledger, ledger.at.values(), "in the log")
    for channel, copies in ledger.history.copies.items():
        _check_recalled(ledger, copies, "in Elasticsearch")
        for copy in copies:
            stored = ledger.at.get((channel, copy.seq))
            if stored != copy and (channel, copy.seq) not in ledger.recalled:
                what = (
                    "is in Elasticsearch otherwise than in the log" if stored else "is only in Elasticsearch"
                )
                ledger.report.unproved.append(Finding(channel, copy.seq, copy.sender, what))
    for channel, problems in ledger.history.unproved.items():
        ledger.report.unproved += [Finding(channel, 0, "verify", problem) for problem in problems]


def _check_recalled(ledger: Ledger, entries: Iterable[Entry], where: str) -> None:
    for entry in entries:
        if (entry.channel, entry.seq) in ledger.recalled and entry.body:
            what = f"was recalled, but says {entry.body[:60]!r} {where}"
            ledger.report.kept.append(Finding(entry.channel, entry.seq, entry.sender, what))
