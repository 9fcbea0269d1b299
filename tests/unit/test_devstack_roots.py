"""Where Java finds its file system."""

import os
from pathlib import Path

import pytest

from devstack import roots

PLAIN = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n23 22 0:20 / /proc rw - proc proc rw\n"
CHROOT = "23 22 0:20 / /proc rw - proc proc rw\n24 22 0:21 / /run rw - tmpfs tmpfs rw\n"
SHARED = "23 22 0:20 / /proc rw shared:7 - proc proc rw\n"
COMMAND = ["java", "Node"]


@pytest.mark.parametrize(
    ("mounts", "user", "wrapped"),
    [
        pytest.param(PLAIN, 0, False, id="a machine"),
        pytest.param(CHROOT, 0, True, id="a chroot"),
        pytest.param(CHROOT, 1000, False, id="a chroot without the right to mount"),
        pytest.param(SHARED, 0, False, id="a chroot whose mounts others would see"),
    ],
)
def test_a_root_is_mounted_where_there_is_none_and_nobody_else_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: str, user: int, *, wrapped: bool
) -> None:
    monkeypatch.setattr(roots, "_MOUNTS", tmp_path / "mountinfo")
    (tmp_path / "mountinfo").write_text(mounts)
    monkeypatch.setattr(os, "geteuid", lambda: user)

    command = roots.with_mounted_root(COMMAND, tmp_path / "root")

    assert list(command[-2:]) == COMMAND
    assert (command[0] == "unshare") is wrapped
