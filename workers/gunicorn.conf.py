"""How gunicorn runs a gateway: one gevent worker a process, and a drain of its own on SIGTERM."""

from gevent import monkey

monkey.patch_all()  # first of all: nothing may have imported sockets or locks before

import time
from typing import Any

import gevent

from imapp import failpoints, metrics
from imapp.app import services_of
from imapp.environment import load_config
from imapp.logs import configure_logs, get_log, name_process
from imapp.metrics.exposition import serve_metrics
from workers import http
from workers.gunicorn_logs import GunicornLogger
from workers.memory import settle_collector

_config = load_config()
configure_logs(human=_config.human_logs, role="gateway", level=_config.log_level)
_DRAIN_S = 8.0  # for what is under way; then
_GOODBYE_S = 5.0  # for the Close frames
_drains: list[Any] = []  # of this process: one

bind = _config.bind
worker_class = "gevent"
workers = 1
worker_connections = 20_000
keepalive = 5
limit_request_line = 8_190  # GET users takes many ids
header_map = "drop"  # X_Imapp_User is not X-Imapp-User, and is never taken for it
forwarder_headers = ""  # nobody, not even a proxy, moves the path that a signature is for
graceful_timeout = 40
timeout = 60
max_requests = 0  # a socket counts as one request and would be cut
preload_app = False  # connections must be opened after the fork
control_socket_disable = True
worker_tmp_dir = "/dev/shm"  # noqa: S108  # the heartbeat file must not wait for a disk
accesslog = None
logger_class = GunicornLogger
loglevel = "warning"


def when_ready(server: Any) -> None:
    """The listeners are bound; every connection will be like them."""
    http.limit_stalls(server.LISTENERS)


def pre_request(worker: Any, request: Any) -> None:
    """A request's header has been read."""
    del worker
    http.begin_request(request, http.patience_for(request, _config.unfinished_s, _config.upload_s))


def post_request(worker: Any, request: Any, environ: Any, response: Any) -> None:
    """A request was answered, or its WebSocket has ended."""
    del worker, environ, response
    http.end_request(request)


def post_worker_init(worker: Any) -> None:
    """The application is loaded and this is the process that serves: begin."""
    failpoints.arm(_config.failpoints)
    services = services_of(worker.app.callable)
    name_process(process=services.gateway.name)
    serve_metrics(_config.metrics_bind, "gateway")
    services.gateway.start()
    services.endpoint.start()
    for loop in (*services.loops, *services.health.loops):
        services.gateway.spawn(loop)
    _drains.append(gevent.spawn(_drain_when_told, worker, services))
    settle_collector()


def worker_exit(server: Any, worker: Any) -> None:
    """The last socket is gone; the drain may still be telling so to the other gateways and to the log."""
    del server
    if not worker.alive:
        gevent.joinall(_drains, timeout=_DRAIN_S + _GOODBYE_S)


def _drain_when_told(worker: Any, services: Any) -> None:
    """On SIGTERM gunicorn stops accepting and then only waits; sockets never end by themselves."""
    while worker.alive:
        gevent.sleep(0.1)
    log = get_log("gateway")
    begun = time.monotonic()
    log.info("draining", connections=metrics.connections.value)
    commands: dict[str, int] = {}
    connections: dict[str, int] = {}
    # Refuse new commands, answer those under way, and only then send everybody elsewhere.
    try:
        commands = services.gateway.drain(time.monotonic() + _DRAIN_S)
    finally:
        connections = services.endpoint.drain(_GOODBYE_S)
        services.gateway.presence.leave()
    seconds = round(time.monotonic() - begun, 2)
    log.info("drained", **commands, **connections, refused=services.gateway.refused, seconds=seconds)
