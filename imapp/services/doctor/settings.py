"""The settings: valid they are, or there would be no `Config`; whether they are also safe."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from imapp.config import Config
from imapp.services.doctor import Finding, ok, warn

_DEFAULT_LOGIN: Final = ("guest", "guest")


def settings_findings(config: Config, unknown: Iterable[str]) -> Iterator[Finding]:
    """What is unwise about these settings, and variables that look like settings and are none."""
    for name in unknown:
        yield warn(f"{name} is no setting", "misspelt? `imapp settings` lists them all")
    found = [*_environment(config), *_identity(config), *_addresses(config)]
    yield from found or [ok("settings: valid, and safe for production")]


def _environment(config: Config) -> Iterator[Finding]:
    if config.development:
        yield warn(
            f"IM_ENV={config.environment}: demo tools sign tokens for anybody",
            "IM_ENV=production where it counts",
        )


def _identity(config: Config) -> Iterator[Finding]:
    address = urlsplit(config.jwks_url)
    if address.scheme == "http" and not _is_local(address.hostname):
        yield warn("IM_JWKS_URL is http: whoever is in between can make tokens", "use https")
    if config.auth == "jwt" and not config.jwks_url:
        yield warn(
            "tokens are signed with a shared key: whoever verifies can also sign", "IM_JWKS_URL, if you can"
        )
    for origin in config.allowed_origins:
        origin_of = urlsplit(origin)
        if origin_of.scheme == "http" and not _is_local(origin_of.hostname):
            yield warn(
                f"IM_ALLOWED_ORIGINS has {origin}: its pages can be forged on the way", "allow https alone"
            )


def _addresses(config: Config) -> Iterator[Finding]:
    broker = urlsplit(config.amqp_url)
    if not _is_local(broker.hostname):
        if (broker.username, broker.password) in (_DEFAULT_LOGIN, (None, None)):
            yield warn(
                "RabbitMQ on another machine is used as guest",
                "make a user of your own: rabbitmqctl add_user",
            )
        if broker.scheme == "amqp":
            yield warn(
                "RabbitMQ on another machine is reached without TLS", "keep it on a network that you trust"
            )
    if config.metrics_bind and not _is_local(config.metrics_bind.rpartition(":")[0].strip("[]")):
        yield warn(
            f"IM_METRICS_BIND={config.metrics_bind} is not this machine alone", "there is no token: guard it"
        )


def _is_local(host: str | None) -> bool:
    try:
        return ip_address(host or "127.0.0.1").is_loopback
    except ValueError:
        return host == "localhost"
