"""The released suite needs Python 2.7: where one is, and the virtual environment that is made of it."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from devstack.console import say

SUITE: Final = "autobahntestsuite==0.8.2"
# The last one that runs on Python 2.7.
_VIRTUALENV: Final = "virtualenv==20.15.1"
_INSTALL_S: Final = 600
_PROBE_S: Final = 30
_HELP: Final = (
    f"{SUITE} runs on Python 2.7 only. Install one (`pyenv install 2.7.18`), or set PYTHON27 to its path."
)


class NoPython27(Exception):
    """There is none on this machine; the text says what to do."""


def install_suite(folder: Path) -> Path:
    """The suite's `wstest` command, in a virtual environment in the folder.

    Raises:
        NoPython27: there is nothing to make it of.
        subprocess.CalledProcessError: an installation failed.
    """
    command = folder / "python" / "bin" / "wstest"
    if not command.exists():
        python = _find_python()
        say(f"autobahn: {SUITE} into {folder}")
        maker = folder / "virtualenv"
        _pip([python], "--target", str(maker), _VIRTUALENV)
        _run([python, "-m", "virtualenv", "--clear", str(folder / "python")], PYTHONPATH=str(maker))
        _pip([str(folder / "python" / "bin" / "python")], SUITE)
    return command


def _find_python() -> str:
    for candidate in (os.environ.get("PYTHON27"), *_of_pyenv(), shutil.which("python2.7")):
        if candidate and _is_python27(candidate):
            return candidate
    raise NoPython27(_HELP)


def _of_pyenv() -> list[str]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return sorted((str(path) for path in root.glob("versions/2.7.*/bin/python2.7")), reverse=True)


def _is_python27(path: str) -> bool:
    probe = [path, "-c", "import sys; sys.exit(sys.version_info[:2] != (2, 7))"]
    try:
        return subprocess.run(probe, check=False, timeout=_PROBE_S).returncode == 0
    except OSError:
        return False


def _pip(python: list[str], *arguments: str) -> None:
    _run([*python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments])


def _run(command: list[str], **environment: str) -> None:
    # What this process's own Python was told must not reach the other one.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    warnings = {"PYTHONWARNINGS": "ignore"}
    subprocess.run(command, check=True, timeout=_INSTALL_S, env={**own, **warnings, **environment})
