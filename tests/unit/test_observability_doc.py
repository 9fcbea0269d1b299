"""The page for operators names exactly what there is."""

import re

from imapp.metrics import SERIES
from tests.support.processes import ROOT

PAGE = (ROOT / "docs" / "observability.md").read_text()


def test_every_series_has_its_line_and_every_line_its_series() -> None:
    described = re.findall(r"^\| `(imapp_\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE)

    assert [name for name, _ in described] == [series.name for series in SERIES]
    for (_, roles), series in zip(described, SERIES, strict=True):
        wanted = {"gateway", "writer", "receipts", "archive"} if roles == "all" else set(roles.split(", "))
        assert wanted == series.roles


def test_every_event_that_is_logged_as_an_error_is_explained() -> None:
    sources = [
        *(ROOT / "imapp").rglob("*.py"),
        *(ROOT / "workers").glob("*.py"),
        *(ROOT / "tasks").glob("*.py"),
    ]
    logged = {
        name
        for source in sources
        for name in re.findall(r'log\.(?:error|exception)\(\s*"(\w+)"', source.read_text())
    }

    assert len(logged) > 5
    assert {name for name in logged if f"`{name}`" not in PAGE} == set()
