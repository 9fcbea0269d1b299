"""gunicorn's own lines among ours."""

from typing import Any

from gunicorn import glogging


class GunicornLogger(glogging.Logger):
    """Hands everything on to the root logger instead of writing it itself."""

    def setup(self, cfg: Any) -> None:
        """Take over the levels, drop the handlers."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
