"""The settings, read once from `IM_*` environment variables. Nothing else reads the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from environs import Env, EnvError, EnvValidationError, validate

from imapp.errors import ConfigError

ENVIRONMENTS: Final = ("production", "development", "test")
MIN_KEY_CHARS: Final = 32
_SECONDS: Final = validate.Range(min=0.05, max=3_600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting. `docs/configuration.md` says what each is for."""

    environment: str = "production"
    mongo_url: str = "mongodb://127.0.0.1:27017/imapp?replicaSet=rs0"
    amqp_url: str = "amqp://guest:guest@127.0.0.1:5672//"
    namespace: str = "im"
    shards: int = 2
    bind: str = "127.0.0.1:8080"
    jwt_key: str = ""
    jwks_url: str = ""
    jwt_audience: str = "imapp"
    allowed_origins: tuple[str, ...] = ()
    failpoints: str = ""
    standby_delay_s: float = 3.0
    command_timeout_s: float = 5.0
    redrive_after_s: float = 1.0
    store_patience_s: float = 20.0
    heartbeat_s: int = 25
    silence_s: int = 60
    hello_timeout_s: float = 5.0

    @property
    def development(self) -> bool:
        """Whether demo tools may be used."""
        return self.environment != "production"


def load_config(fallback: Path | None = None) -> Config:
    """The settings of this process, from its environment; what is not there, from the fallback file.

    Raises:
        ConfigError: a variable is missing or has a value that can't be used; the text names it.
    """
    env = Env(prefix="IM_")
    if fallback is not None:
        env.read_env(fallback, recurse=False)
    try:
        config = _read(env)
    except (EnvError, EnvValidationError) as error:
        raise ConfigError(str(error)) from error
    _check_together(config)
    return config


def _check_together(config: Config) -> None:
    if not config.jwt_key and not config.jwks_url:
        raise ConfigError("Set IM_JWKS_URL, or IM_JWT_KEY for tokens signed with a shared key (HS256).")
    if config.jwt_key and len(config.jwt_key) < MIN_KEY_CHARS:
        raise ConfigError(f"IM_JWT_KEY must have at least {MIN_KEY_CHARS} characters.")
    if config.failpoints and config.environment == "production":
        raise ConfigError("IM_FAILPOINTS is for tests: unset it in production.")
    if config.silence_s <= config.heartbeat_s and config.environment != "test":
        raise ConfigError("IM_SILENCE_S must be longer than IM_HEARTBEAT_S, or everybody is cut.")


def _read(env: Env) -> Config:
    default = Config()
    return Config(
        environment=env.str("ENV", default.environment, validate=validate.OneOf(ENVIRONMENTS)),
        mongo_url=env.str("MONGO_URL", default.mongo_url, validate=validate.Regexp(r"^mongodb(\+srv)?://")),
        amqp_url=env.str("AMQP_URL", default.amqp_url, validate=validate.Regexp(r"^amqps?://")),
        namespace=env.str("NAMESPACE", default.namespace, validate=validate.Regexp(r"^[a-z0-9-]{1,40}\Z")),
        shards=env.int("SHARDS", default.shards, validate=validate.Range(1, 1024)),
        bind=env.str("BIND", default.bind, validate=validate.Regexp(r"^\S+:\d{1,5}\Z")),
        jwt_key=env.str("JWT_KEY", default.jwt_key),
        jwks_url=env.str("JWKS_URL", default.jwks_url),
        jwt_audience=env.str("JWT_AUDIENCE", default.jwt_audience),
        allowed_origins=tuple(map(str.strip, env.list("ALLOWED_ORIGINS", []))),
        failpoints=env.str("FAILPOINTS", default.failpoints),
        standby_delay_s=env.float("STANDBY_DELAY_S", default.standby_delay_s, validate=_SECONDS),
        command_timeout_s=env.float("COMMAND_TIMEOUT_S", default.command_timeout_s, validate=_SECONDS),
        redrive_after_s=env.float("REDRIVE_AFTER_S", default.redrive_after_s, validate=_SECONDS),
        store_patience_s=env.float("STORE_PATIENCE_S", default.store_patience_s, validate=_SECONDS),
        heartbeat_s=env.int("HEARTBEAT_S", default.heartbeat_s, validate=_SECONDS),
        silence_s=env.int("SILENCE_S", default.silence_s, validate=_SECONDS),
        hello_timeout_s=env.float("HELLO_TIMEOUT_S", default.hello_timeout_s, validate=_SECONDS),
    )
