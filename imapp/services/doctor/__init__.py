"""`imapp doctor`: everything that a system needs, looked at once, with what is wrong and how to mend it.

Purpose: one module a patient; each check gives findings and never raises for what it looks for.
What stays out: printing (`imapp.cli`), drivers (`imapp.stores`, `imapp.broker`).
Threads: each check has one of its own, so that one that hangs holds up nobody.
Invariants: it changes nothing but a note of its own in `meta` and a queue that goes with its connection.
Allowed imports: `imapp.stores`, `imapp.broker` and below.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from imapp.errors import BrokerUnavailable, StoreUnavailable

WITHIN_S: Final = 9.0
"""How long all of it may take."""

Level = Literal["ok", "warn", "FAIL"]


class Finding(NamedTuple):
    """One line of the report."""

    level: Level
    what: str
    mend: str = ""


Check = Callable[[], Iterable[Finding]]


def ok(what: str) -> Finding:
    """All is well with something."""
    return Finding("ok", what)


def warn(what: str, mend: str) -> Finding:
    """It works, but not as well or as safely as it should."""
    return Finding("warn", what, mend)


def fail(what: str, mend: str) -> Finding:
    """It does not work."""
    return Finding("FAIL", what, mend)


class _Examination(threading.Thread):
    """One check at work; what it has found so far can be read at any time."""

    def __init__(self, patient: str, check: Check) -> None:
        super().__init__(name=f"doctor {patient}", daemon=True)
        self.patient = patient
        self.findings: list[Finding] = []
        self._check = check

    def run(self) -> None:
        """Look, until there is nothing more to find."""
        try:
            for finding in self._check():
                self.findings.append(finding)
        except (StoreUnavailable, BrokerUnavailable) as error:
            self.findings.append(fail(f"{self.patient}: {error}"[:300], "start it, or mend its address"))
        except Exception as error:  # noqa: BLE001  # a check that breaks is a finding too
            text = f"{self.patient}: the check broke: {type(error).__name__}: {error}"
            self.findings.append(fail(text[:300], "report it"))


def examine(checks: Mapping[str, Check], *, within_s: float = WITHIN_S) -> list[Finding]:
    """What all checks find, in their order; one that does not come to an end in time is a finding."""
    deadline = time.monotonic() + within_s
    examinations = [_Examination(patient, check) for patient, check in checks.items()]
    for examination in examinations:
        examination.start()
    findings: list[Finding] = []
    for examination in examinations:
        examination.join(max(0.0, deadline - time.monotonic()))
        hangs = examination.is_alive()
        findings += examination.findings
        if hangs:
            findings.append(
                fail(f"{examination.patient}: no answer within {within_s:g} s", "it hangs: restart it")
            )
    return findings
