"""Fixtures of several modules: a terminal without a server."""

import pytest

from tests.unit.fakes.desktop import Desktop


@pytest.fixture
def desktop() -> Desktop:
    """An's, not connected yet."""
    return Desktop()
