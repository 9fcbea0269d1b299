"""What a page's example and the running system call the same thing: ids, times, cursors, tokens."""

import re
from typing import Any, Final

_CHANNEL: Final = re.compile(r"[0-9a-z]{24}")
_MESSAGE: Final = re.compile(r"(?P<channel>[0-9a-z]{24})\.(?P<seq>[0-9]{12})")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_OPAQUE: Final = frozenset({"cursor", "epoch", "connection", "request_id", "token"})
REST_OF_LIST: Final = "..."


class Mismatch(AssertionError):
    """The system says something else than the page."""


class Names:
    """The page's word for each id of the system. New channels are learnt when they are first seen."""

    def __init__(self, **real: str) -> None:
        self._real = dict(real)

    def know(self, written: str, real: str) -> None:
        """From now on the page's word stands for this."""
        self._real[written] = real

    def to_real(self, value: Any) -> Any:
        """What the page says, for the running system."""
        if isinstance(value, dict):
            return {name: self.to_real(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.to_real(inner) for inner in value]
        return self._real_text(value) if isinstance(value, str) else value

    def path_to_real(self, path: str) -> str:
        """A path of the page, for the running system."""
        return "".join(self._real_text(part) for part in re.split(r"([/?&=,])", path))

    def check(self, written: Any, real: Any, place: str = "") -> None:
        """Nothing, if the two say the same.

        Raises:
            Mismatch: they do not.
        """
        name = place.rpartition(".")[2]
        if isinstance(written, dict) and isinstance(real, dict):
            if set(written) != set(real):
                differing = sorted(set(written) ^ set(real))
                raise Mismatch(f"{place or 'frame'}: only one side has {differing}")
            for key, inner in written.items():
                self.check(inner, real[key], f"{place}.{key}")
        elif isinstance(written, list) and isinstance(real, list):
            self._check_list(written, real, place)
        elif not (self._same_text(written, real, name) if isinstance(written, str) else written == real):
            raise Mismatch(f"{place or 'frame'}: the page says {written!r}, the system {real!r}")

    def _check_list(self, written: list[Any], real: list[Any], place: str) -> None:
        told = [inner for inner in written if inner != REST_OF_LIST]
        if len(told) == len(written):
            if len(written) != len(real):
                raise Mismatch(f"{place}: {len(written)} on the page, {len(real)} in the system")
            for index, (one, other) in enumerate(zip(written, real, strict=True)):
                self.check(one, other, f"{place}[{index}]")
            return
        for one in told:
            if not any(self.fits(one, other) for other in real):
                raise Mismatch(f"{place}: nothing is like {one}")

    def fits(self, written: Any, real: Any) -> bool:
        """Whether `check` would let it pass; nothing is learnt from what does not."""
        before = dict(self._real)
        try:
            self.check(written, real)
        except Mismatch:
            self._real = before
            return False
        return True

    def _same_text(self, written: str, real: Any, name: str) -> bool:
        if not isinstance(real, str):
            return False
        if name in _OPAQUE:
            self.know(written, real)
            return bool(real)
        if _TIME.fullmatch(written):
            return bool(_TIME.fullmatch(real))
        message, other = _MESSAGE.fullmatch(written), _MESSAGE.fullmatch(real)
        if message and other:
            return message["seq"] == other["seq"] and self._same_channel(message["channel"], other["channel"])
        if _CHANNEL.fullmatch(written):
            return self._same_channel(written, real)
        return self._real_text(written) == real

    def _same_channel(self, written: str, real: str) -> bool:
        if not _CHANNEL.fullmatch(real):
            return False
        if written not in self._real and real not in self._real.values():
            self.know(written, real)
        return self._real.get(written) == real

    def _real_text(self, text: str) -> str:
        message = _MESSAGE.fullmatch(text)
        if message:
            return f"{self._real_text(message['channel'])}.{message['seq']}"
        return self._real.get(text, text)
