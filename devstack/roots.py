"""A root that Java can use: in a chroot `/` is no mount point, and it finds no file system for its files."""

import os
from collections.abc import Sequence
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_PLACE, _OPTIONAL_FIELDS = 4, 6  # see proc(5)
_MOUNT_AND_RUN = 'mount --rbind / "$0" && exec chroot "$0" "$@"'


def with_mounted_root(command: Sequence[str | Path], place: Path) -> Sequence[str | Path]:
    """The command as it is, or in a chroot, which only root makes, so that `/` is mounted for it alone.

    `place` is an empty folder; nobody else sees what is mounted there, and it goes with the process. Where
    mounts are shared, others would see it: then the command stays as it is.
    """
    mounts = [line.split(" ") for line in _MOUNTS.read_text(encoding="utf-8").splitlines()]
    is_mounted = any(mount[_PLACE] == "/" for mount in mounts)
    is_shared = any(mount[_OPTIONAL_FIELDS].startswith("shared:") for mount in mounts)
    if is_mounted or is_shared or os.geteuid() != 0:
        return command
    place.mkdir(parents=True, exist_ok=True)
    return ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", _MOUNT_AND_RUN, place, *command]
