"""The settings of this process, read from its environment and checked against each other."""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from environs import Env

from imapp.config import GATEWAY_HEADER, JWT, MIN_KEY_CHARS, Config
from imapp.errors import ConfigError
from imapp.settings import PREFIX, read_settings, settings_of

_ADDRESS: Final = re.compile(r"https?://[^\s/?#]+(/\S*)?")
_ORIGIN: Final = re.compile(r"https?://[^\s/?#*]+")


def load_config(fallback: Path | None = None) -> Config:
    """The settings of this process, from its environment; what is not there, from the fallback file.

    Raises:
        ConfigError: a variable is missing or has a value that can't be used; the text names it.
    """
    env = Env(prefix=PREFIX)
    if fallback is not None:
        env.read_env(fallback, recurse=False)
    config = Config(**read_settings(Config, env))
    _check_together(config)
    return config


def unknown_variables() -> list[str]:
    """Variables of this process that look like settings and are none: misspelt, or of another version."""
    known = {setting.variable for _, setting in settings_of(Config)}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def _check_together(config: Config) -> None:
    _check_identity(config)
    if config.push_webhook and not config.push_webhook_secret:
        raise ConfigError("Set IM_PUSH_WEBHOOK_SECRET: the webhook's requests are signed with it.")
    if config.failpoints and config.environment == "production":
        raise ConfigError("IM_FAILPOINTS is for tests: unset it in production.")
    if config.lease_s <= 2 * config.lease_renew_s:
        raise ConfigError(
            "IM_LEASE_S must be more than twice IM_LEASE_RENEW_S, or one slow renewal loses it."
        )
    if config.silence_s <= config.heartbeat_s and config.environment != "test":
        raise ConfigError("IM_SILENCE_S must be longer than IM_HEARTBEAT_S, or everybody is cut.")
    try:
        for network in config.trusted_proxies:
            ip_network(network)
    except ValueError as error:
        raise ConfigError(f"IM_TRUSTED_PROXIES: {error}") from error


def _check_identity(config: Config) -> None:
    if config.auth == GATEWAY_HEADER and not config.gateway_key:
        raise ConfigError("Set IM_GATEWAY_KEY, which your API gateway signs requests with.")
    if config.auth == JWT and not config.jwt_key and not config.jwks_url:
        raise ConfigError("Set IM_JWKS_URL, or IM_JWT_KEY for tokens signed with a shared key (HS256).")
    if config.jwks_url and not _ADDRESS.fullmatch(config.jwks_url):
        raise ConfigError("IM_JWKS_URL must be an http or https address.")
    for name in ("jwt_key", "jwt_key_previous", "gateway_key", "gateway_key_previous"):
        if 0 < len(getattr(config, name)) < MIN_KEY_CHARS:
            raise ConfigError(f"IM_{name.upper()} must have at least {MIN_KEY_CHARS} characters.")
    for origin in config.allowed_origins:
        if not _ORIGIN.fullmatch(origin):
            # Compared as a whole, one with a path or a star would never fit, and nobody would see why.
            raise ConfigError(f"IM_ALLOWED_ORIGINS: {origin!r} is no origin, such as https://im.example.com")
