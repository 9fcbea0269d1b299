"""What a report of Autobahn's suite means. The run itself is `make autobahn`."""

import json
from pathlib import Path

import pytest

from tests.autobahn.verdict import read_verdict


def report(folder: Path, **cases: tuple[str, str]) -> Path:
    """A report with these cases: how each went, and how its connection ended."""
    rows = {
        name.removeprefix("case_").replace("_", "."): {
            "behavior": behavior,
            "behaviorClose": ending,
            "reportfile": f"{name}.json",
        }
        for name, (behavior, ending) in cases.items()
    }
    path = folder / "index.json"
    path.write_text(json.dumps({"imapp": rows}))
    return path


def test_fine_cases_pass(tmp_path: Path) -> None:
    path = report(
        tmp_path, case_1_1=("OK", "OK"), case_6_4=("NON-STRICT", "OK"), case_7_1=("INFORMATIONAL",) * 2
    )

    verdict = read_verdict(path)

    assert verdict.passed
    assert verdict.counts == {"OK": 1, "NON-STRICT": 1, "INFORMATIONAL": 1}


@pytest.mark.parametrize("outcome", [("FAILED", "OK"), ("OK", "WRONG CODE"), ("UNIMPLEMENTED", "OK")])
def test_a_case_that_is_not_fine_fails_and_is_named(tmp_path: Path, outcome: tuple[str, str]) -> None:
    path = report(tmp_path, case_1_10=("OK", "OK"), case_1_2=outcome)

    verdict = read_verdict(path)

    assert not verdict.passed
    assert [failure.partition(":")[0] for failure in verdict.failures] == ["1.2"]


def test_a_report_without_cases_is_no_success(tmp_path: Path) -> None:
    assert not read_verdict(report(tmp_path)).passed
