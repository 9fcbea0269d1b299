"""What the suite's report says: how many cases behaved how, and which ones failed."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PASSES: Final = frozenset({"OK", "NON-STRICT", "INFORMATIONAL"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a run; `failures` are lines for people."""

    counts: Counter[str]
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether cases were run and none failed."""
        return bool(self.counts) and not self.failures


def read_verdict(report: Path) -> Verdict:
    """The verdict in the `index.json` of a run with one server."""
    (cases,) = json.loads(report.read_text()).values()
    counts: Counter[str] = Counter()
    failures = []
    for name, case in sorted(cases.items(), key=lambda item: [int(part) for part in item[0].split(".")]):
        # A case may be fine but for how the connection ended.
        outcomes = {case["behavior"], case["behaviorClose"]}
        counts[case["behavior"]] += 1
        if not outcomes <= PASSES:
            failures.append(
                f"{name}: {case['behavior']}, close {case['behaviorClose']} ({case['reportfile']})"
            )
    return Verdict(counts, tuple(failures))
