"""The page about security names tests that exist, and all those that attack."""

import re
from typing import Final

from tests.support.processes import ROOT

PAGE: Final = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED: Final = set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE))


def test_every_test_that_is_named_is_there() -> None:
    assert {name for name in NAMED if not (ROOT / name).is_file()} == set()


def test_every_test_that_attacks_is_named() -> None:
    attacks = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*hostile*.py")}
    attacks |= {str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "flow").glob("test_input_*.py")}

    assert attacks
    assert attacks - NAMED == set()


def test_every_line_of_a_table_names_its_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| attack")]

    assert [row for row in rows if "`tests/" not in row] == []
