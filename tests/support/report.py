"""What the invariant checker found."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

_SHOWN: Final = 20  # of each kind: the first ones tell the story


class Finding(NamedTuple):
    """One broken promise: where, whom it concerns, and what was expected and found."""

    channel: str
    seq: int
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.channel or '?'} seq {self.seq} {self.who}: {self.what}"


class BrokenInvariantError(AssertionError):
    """The recorded history breaks what the system promises."""


@dataclass(slots=True)
class Report:
    """Acknowledged writes, counted, and every finding by kind.

    lost: acknowledged, but not stored there with that content (I1).  dup: one write with two entries or two
    answers, or one frame twice (I1, I4).  gap: a hole in a log, or an entry a member did not get (I2, I3).
    reorder: stored in another order than sent, or shown out of order (I5).  phantom: shown or stored without
    being what was sent and stored.  leak: shown to somebody outside his stays (I3).  kept: recalled, and
    still saying something somewhere (I7).  unproved: in the archive otherwise than in the log (I8).
    untrue: a receipt, an unread number or a push that is not what people said, or that is missing (I6).
    """

    acked: int = 0
    lost: list[Finding] = field(default_factory=list)
    dup: list[Finding] = field(default_factory=list)
    gap: list[Finding] = field(default_factory=list)
    reorder: list[Finding] = field(default_factory=list)
    phantom: list[Finding] = field(default_factory=list)
    leak: list[Finding] = field(default_factory=list)
    kept: list[Finding] = field(default_factory=list)
    unproved: list[Finding] = field(default_factory=list)
    untrue: list[Finding] = field(default_factory=list)

    @property
    def findings(self) -> dict[str, list[Finding]]:
        """All findings by kind."""
        return {
            "lost": self.lost,
            "dup": self.dup,
            "gap": self.gap,
            "reorder": self.reorder,
            "phantom": self.phantom,
            "leak": self.leak,
            "kept": self.kept,
            "unproved": self.unproved,
            "untrue": self.untrue,
        }

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.findings.values())

    def summary(self) -> str:
        """One line: `acked N lost 0 dup 0 gap 0 reorder 0 phantom 0 leak 0 kept 0 unproved 0 untrue 0`."""
        counts = " ".join(f"{kind} {len(found)}" for kind, found in self.findings.items())
        return f"acked {self.acked} {counts}"

    def details(self) -> str:
        """The summary and the first findings of each kind, a line each."""
        lines = [self.summary()]
        for kind, found in self.findings.items():
            lines += [f"  {kind}: {finding}" for finding in found[:_SHOWN]]
            if len(found) > _SHOWN:
                lines.append(f"  {kind}: ... and {len(found) - _SHOWN} more")
        return "\n".join(lines)

    def raise_if_broken(self) -> None:
        """Raises:
        BrokenInvariantError: there is a finding; the text holds the details.
        """
        if not self.clean:
            raise BrokenInvariantError(self.details())
