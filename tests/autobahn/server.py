"""How gunicorn runs the echo: with the product's own settings, but for the services that an echo has not."""

import runpy
from typing import Any

globals().update(runpy.run_path("workers/gunicorn.conf.py"))


def post_worker_init(worker: Any) -> None:
    """Nothing has to begin or to be drained."""
