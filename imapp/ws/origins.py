"""Which pages may open the WebSocket: a browser tells where a page came from, and sends its cookies along."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OriginPolicy:
    """Pages that are listed, compared as a whole, and those of our own host."""

    listed: Collection[str]
    https_only: bool
    """Whether a page of our own host counts only if it came by https.

    A page that came by http may be anybody's who sits on the way, and its cookies for the host go along. We
    can't tell how the page's browser reached us, since TLS usually ends before us.
    """

    def allow(self, origin: str | None, host: str) -> bool:
        """Whether a handshake from this origin may go on; without one it is no browser's."""
        if origin is None or origin in self.listed:
            return True
        own = ("https",) if self.https_only else ("https", "http")
        return bool(host) and origin in {f"{scheme}://{host}" for scheme in own}
