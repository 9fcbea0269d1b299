"""What the planted messages say: Han characters and words, as frequent as in real texts."""

import random
from collections.abc import Iterator
from typing import Final

_DIFFERENT: Final = 20_000
# The n-th character is about 1/n as frequent as the first.
_HAN: Final = [chr(code) for code in range(0x4E00, 0x4E00 + 3_000)]
_WEIGHTS: Final = [1 / (place + 5) for place in range(len(_HAN))]
_COMMON: Final = ("budget", "meeting", "please", "review", "deploy", "report", "thanks", "tomorrow")

SEARCHED: Final = {
    "two frequent characters": _HAN[0] + _HAN[1],
    "two rare characters": _HAN[300] + _HAN[40],
    "a frequent word": "budget",
    "a word and a character": f"budget {_HAN[2]}",
}
"""Words to search for, by what they are like."""


def texts(chance: random.Random) -> Iterator[str]:
    """As many as one likes."""
    different = [_text(chance) for _ in range(_DIFFERENT)]
    while True:
        yield chance.choice(different)


def _text(chance: random.Random) -> str:
    text = "".join(chance.choices(_HAN, _WEIGHTS, k=chance.randint(4, 24)))
    return f"{text} {chance.choice(_COMMON)}" if chance.random() < 0.3 else text
