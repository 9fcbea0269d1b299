"""A clean history to plant faults in."""

import pytest

from tests.support.history import History
from tests.support.stories import Story


@pytest.fixture
def talk() -> History:
    """An, Bo and Chen talk; Chen is removed before the end; Dao is a stranger. Seqs 1-6, sends 1-4 and 6."""
    story = Story("an", "bo", "chen", strangers=("dao",))
    story.send("an", "one", "two", "three")
    story.send("bo", "four")
    story.remove("chen", by="an")
    story.send("bo", "six")
    return story.history()
