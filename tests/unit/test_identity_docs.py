"""The examples of docs/identity.md do what it says: an API gateway is built from them."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from imapp.services.identity.signed_header import sign, signed_text

PAGE: Final = (Path(__file__).parents[2] / "docs/identity.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one example in this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    return str(found)


def key() -> str:
    (found,) = re.findall(r"^With the key `(.+)`, this text$", PAGE, flags=re.MULTILINE)
    return str(found)


def example() -> dict[str, str]:
    """The parts of the worked example, by name."""
    names = ("version", "method", "target", "user", "timestamp", "nonce")
    return dict(zip(names, block("text").splitlines(), strict=True))


@pytest.fixture
def expected() -> dict[str, str]:
    """The headers of the worked example."""
    parts = example()
    return {
        "X-Imapp-User": parts["user"],
        "X-Imapp-Timestamp": parts["timestamp"],
        "X-Imapp-Nonce": parts["nonce"],
        "X-Imapp-Signature": block("signature").strip(),
    }


def test_the_signature_is_what_this_server_computes(expected: dict[str, str]) -> None:
    parts = example()

    text = signed_text(
        parts["method"],
        parts["target"],
        user=parts["user"],
        timestamp=parts["timestamp"],
        nonce=parts["nonce"],
    )

    assert text.decode() == block("text").rstrip("\n")
    assert sign(text, key().encode()) == expected["X-Imapp-Signature"]


def test_the_python_example_makes_these_headers(expected: dict[str, str]) -> None:
    parts = example()
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102  # it is ours, and this is what is tested
    signed_headers: Any = names["signed_headers"]

    made = signed_headers(
        key(), parts["method"], parts["target"], parts["user"], parts["timestamp"], parts["nonce"]
    )

    assert made == expected
    fresh = [signed_headers(key(), "GET", "/", "an")["X-Imapp-Nonce"] for _ in range(2)]
    assert fresh[0] != fresh[1]


def test_the_shell_example_makes_these_headers(expected: dict[str, str]) -> None:
    parts = example()
    show_instead = 'curl() { printf "%s\\n" "$@"; }\n'
    script = show_instead + block("sh")
    variables = {"URL": "", "KEY": key(), "TIMESTAMP": parts["timestamp"], "NONCE": parts["nonce"]}

    shown = subprocess.run(
        ["sh", "-c", script, "ask.sh", parts["user"], parts["target"]],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout.splitlines()

    assert shown[:2] == ["-s", parts["target"]]
    assert dict(line.split(": ") for line in shown if ": " in line) == expected
