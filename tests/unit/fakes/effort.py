"""How hard hypothesis tries: little on every run, much when somebody asks for it."""

import os


def examples(count: int) -> int:
    """So many examples, times `IM_TEST_EFFORT`."""
    return count * int(os.environ.get("IM_TEST_EFFORT", "1"))
