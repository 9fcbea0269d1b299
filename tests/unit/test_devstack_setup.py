"""What the set-up makes anew, and what it leaves alone."""

from pathlib import Path

import pytest

from devstack import setup
from devstack.errors import SetupFailed


def test_an_environment_that_belongs_to_another_folder_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tmp_path / "other" / ".venv"
    (others / "bin").mkdir(parents=True)
    (others / "bin" / "pip").write_text(f"#!{others}/bin/python")
    ours = tmp_path / ".venv"
    ours.symlink_to(others)
    monkeypatch.setattr(setup, "VENV", ours)
    monkeypatch.setattr(setup, "run_logged", lambda *_: pytest.fail("it is made anew"))

    with pytest.raises(SetupFailed, match="remove the link"):
        setup._make_venv()

    assert (others / "bin" / "pip").exists()
