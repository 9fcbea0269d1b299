"""How hard hypothesis tries: the same little on every run, much and at random when somebody asks for it."""

import os
from typing import Final

from hypothesis import Phase, settings

_EFFORT: Final = os.environ.get("IM_TEST_EFFORT")


_UNSHRUNK: Final = (Phase.explicit, Phase.reuse, Phase.generate)


def unshrunk(found: settings) -> settings:
    """The same, which shows the first failure as it came: to shrink a long story takes minutes.

    The time limit of a test would end that, and hypothesis would report its end instead of what broke.
    """
    return settings(found, phases=found.phases if _EFFORT else _UNSHRUNK)


def effort(count: int, *, steps: int = 50) -> settings:
    """So many examples, always the same; times `IM_TEST_EFFORT` and at random if that is set."""
    return settings(
        max_examples=count * int(_EFFORT or 1),
        stateful_step_count=steps,
        derandomize=_EFFORT is None,
        deadline=None,
    )
