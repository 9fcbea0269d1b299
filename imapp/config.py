"""The settings, read once from `IM_*` environment variables. Nothing else reads the environment.

To add a setting, add its field to `Config` and run `make settings`: it is read, checked, shown by
`imapp settings` and in `docs/configuration.md`. What concerns several settings is in `environment`.
"""

from dataclasses import dataclass
from typing import Any, Final

from imapp.logs import LEVELS
from imapp.settings import number, rate, seconds, text, texts

ENVIRONMENTS: Final = ("production", "development", "test")
JWT: Final = "jwt"
GATEWAY_HEADER: Final = "gateway-header"
MIN_KEY_CHARS: Final = 32


def _key(name: str, meaning: str) -> Any:
    return text(name, "", secret=True, allowed=f"at least {MIN_KEY_CHARS} characters", meaning=meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting."""

    environment: str = text(
        "ENV",
        "production",
        section="The system",
        one_of=ENVIRONMENTS,
        meaning="`production` logs JSON lines and refuses what is for tests; the others log for people",
    )
    mongo_url: str = text(
        "MONGO_URL",
        "mongodb://127.0.0.1:27017/imapp?replicaSet=rs0",
        pattern=r"^mongodb(\+srv)?://",
        allowed="`mongodb://`, `mongodb+srv://`",
        meaning="where MongoDB is; the path names the database",
    )
    amqp_url: str = text(
        "AMQP_URL",
        "amqp://guest:guest@127.0.0.1:5672//",
        pattern=r"^amqps?://",
        allowed="`amqp://`",
        meaning="where RabbitMQ is; after the last slash the virtual host",
    )
    es_url: str = text(
        "ES_URL",
        "",
        pattern=r"^(https?://\S+)?\Z",
        allowed="`http://`, `https://`",
        meaning="where Elasticsearch is; without it nothing can be searched and nothing is archived",
    )
    namespace: str = text(
        "NAMESPACE",
        "im",
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z",
        allowed="1 to 40 of `a-z`, `0-9`, `-`, not `-` first",
        meaning="first part of the name of every exchange, queue and index in Elasticsearch",
    )
    shards: int = number("SHARDS", 2, least=1, most=1024, meaning="how many shard queues there are")
    bind: str = text(
        "BIND",
        "127.0.0.1:8080",
        pattern=r"^\S+:\d{1,5}\Z",
        allowed="`HOST:PORT`",
        meaning="address and port of a gateway",
    )
    auth: str = text(
        "AUTH",
        JWT,
        section="Who may connect",
        one_of=(JWT, GATEWAY_HEADER),
        meaning="how people prove who they are; see [identity.md](identity.md)",
    )
    jwks_url: str = text("JWKS_URL", "", meaning="where your issuer publishes its keys")
    jwt_key: str = _key("JWT_KEY", "shared key that tokens are signed with (HS256), without `IM_JWKS_URL`")
    jwt_key_previous: str = _key("JWT_KEY_PREVIOUS", "the one before it, as long as tokens of it are about")
    jwt_audience: str = text("JWT_AUDIENCE", "imapp", meaning="what a token's `aud` must be")
    jwt_issuer: str = text("JWT_ISSUER", "", meaning="what a token's `iss` must be, if anything")
    roles_claim: str = text(
        "ROLES_CLAIM",
        "roles",
        pattern=r"^\S{1,200}\Z",
        allowed="1 to 200 characters",
        meaning="the claim of a token that lists somebody's roles",
    )
    admin_role: str = text(
        "ADMIN_ROLE",
        "admin",
        pattern=r"^[A-Za-z0-9_.:-]{0,64}\Z",
        allowed="up to 64 of `A-Z`, `a-z`, `0-9`, `_`, `.`, `:`, `-`",
        meaning="the role that administrates the system; empty: nobody does",
    )
    gateway_key: str = _key("GATEWAY_KEY", "shared key that your API gateway signs requests with")
    gateway_key_previous: str = _key("GATEWAY_KEY_PREVIOUS", "the one before it, while it is changed")
    gateway_session_s: float = seconds(
        "GATEWAY_SESSION_S",
        43_200.0,
        most=604_800,
        meaning="how long a WebSocket lasts whose handshake your API gateway signed",
    )
    allowed_origins: tuple[str, ...] = texts(
        "ALLOWED_ORIGINS", meaning="pages on other hosts that may open the WebSocket"
    )
    read_receipts: str = text(
        "READ_RECEIPTS",
        "choose",
        section="What people share",
        one_of=("on", "off", "choose"),
        meaning="whether others learn what somebody has read: always, never, or as he chooses",
    )
    push_webhook: str = text(
        "PUSH_WEBHOOK",
        "",
        section="Push notifications",
        pattern=r"^https?://\S+\Z|^\Z",
        allowed="`https://`, `http://`",
        meaning="where those who are not connected are told of messages; without it nobody is told "
        "(in development the log is)",
    )
    push_webhook_secret: str = text(
        "PUSH_WEBHOOK_SECRET",
        "",
        secret=True,
        allowed="`whsec_` and at least 24 bytes in base64",
        meaning="what the webhook's requests are signed with, by the Standard Webhooks scheme",
    )
    push_timeout_s: float = seconds("PUSH_TIMEOUT_S", 5.0, meaning="how long the webhook may take to answer")
    push_retry_s: float = seconds(
        "PUSH_RETRY_S",
        2.0,
        meaning="how long to wait before the first retry; each waits twice as long, 10 minutes at most",
    )
    push_tries: int = number(
        "PUSH_TRIES", 12, least=1, most=50, meaning="after how many tries a push is given up"
    )
    push_sweep_s: float = seconds(
        "PUSH_SWEEP_S",
        5.0,
        meaning="how often 1,000 channels are looked through for messages that were not dispatched",
    )
    command_timeout_s: float = seconds(
        "COMMAND_TIMEOUT_S",
        5.0,
        section="Times",
        meaning="how long a write may take before it is answered with `busy`",
    )
    search_timeout_s: float = seconds(
        "SEARCH_TIMEOUT_S", 2.0, meaning="how long Elasticsearch may take to answer somebody who waits"
    )
    redrive_after_s: float = seconds(
        "REDRIVE_AFTER_S",
        1.0,
        meaning="after how long a gateway sends an unanswered batch again; then every twice as long",
    )
    store_patience_s: float = seconds(
        "STORE_PATIENCE_S",
        20.0,
        meaning="how long a writer tries to store a batch; then it begins anew and its standby may go on",
    )
    recall_window_s: float = seconds(
        "RECALL_WINDOW_S",
        120.0,
        meaning="for how long one may recall one's own message; admins of a group always may",
    )
    edit_window_s: float = seconds("EDIT_WINDOW_S", 900.0, meaning="for how long one may edit one's own text")
    nudge_every_s: float = seconds(
        "NUDGE_EVERY_S",
        600.0,
        most=86_400,
        meaning="after how long one may again remind others to read a message of one's own",
    )
    standby_delay_s: float = seconds(
        "STANDBY_DELAY_S",
        3.0,
        meaning="how long after its start a writer begins to stand by for the other shards",
    )
    give_back_after_s: float = seconds(
        "GIVE_BACK_AFTER_S",
        60.0,
        meaning="after how long a writer gives a shard that it stood in for back to its returned home writer",
    )
    heartbeat_s: int = number(
        "HEARTBEAT_S",
        25,
        least=1,
        most=3_600,
        unit="s",
        meaning="how often every WebSocket is pinged; told to clients in `hello`",
    )
    silence_s: int = number(
        "SILENCE_S",
        60,
        least=1,
        most=3_600,
        unit="s",
        meaning="after how long without a byte a WebSocket is closed (4000); more than the heartbeat",
    )
    hello_timeout_s: float = seconds(
        "HELLO_TIMEOUT_S", 5.0, meaning="how long a new WebSocket may take to say `hello`"
    )
    unfinished_s: float = seconds(
        "UNFINISHED_S", 30.0, meaning="how long a WebSocket message or an HTTP body may take to arrive whole"
    )
    upload_s: float = seconds("UPLOAD_S", 300.0, meaning="how long an upload may take to arrive whole")
    unsent_file_s: float = seconds(
        "UNSENT_FILE_S",
        86_400.0,
        most=2_592_000,
        meaning="how long a file is kept that nothing has referred to",
    )
    collect_every_s: float = seconds(
        "COLLECT_EVERY_S", 10.0, meaning="how often files that nothing refers to are removed"
    )
    archive_after_days: int = number(
        "ARCHIVE_AFTER_DAYS",
        30,
        least=1,
        most=36_500,
        unit="days",
        meaning="how old a message is when it moves to the archive; until then its sending may be repeated",
    )
    retention_days: int = number(
        "RETENTION_DAYS",
        0,
        most=36_500,
        unit="days",
        meaning="how old a message is when it is deleted for good, if its channel does not say; 0: never",
    )
    archive_per_s: int = number(
        "ARCHIVE_PER_S",
        2_000,
        most=1_000_000,
        meaning="how many messages a second are moved at most, so that sending is not held up; 0: no limit",
    )
    archive_at: str = text(
        "ARCHIVE_AT",
        "02:30",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z",
        allowed="`HH:MM`",
        meaning="when the move to the archive begins each day (UTC), made up for later if nothing ran then",
    )
    lease_renew_s: float = seconds(
        "LEASE_RENEW_S", 2.0, meaning="how often a gateway renews its lease; less than half of `IM_LEASE_S`"
    )
    lease_s: float = seconds(
        "LEASE_S", 6.0, meaning="after how long without a renewal the people of a gateway are offline"
    )
    presence_grace_s: float = seconds(
        "PRESENCE_GRACE_S",
        10.0,
        meaning="how long somebody is shown online after his last connection, for he may only be reloading",
    )
    log_level: str = text(
        "LOG_LEVEL",
        "info",
        section="Observability",
        one_of=LEVELS,
        meaning="from which level on lines are logged; with `debug` each step of each message leaves one",
    )
    log_format: str = text(
        "LOG_FORMAT",
        "auto",
        one_of=("auto", "json", "text"),
        meaning="how lines are logged; `auto` is `json` in production and `text`, for people, elsewhere",
    )
    pushed_kept_s: float = seconds(
        "PUSHED_KEPT_S",
        86_400.0,
        least=0.0,
        most=2_592_000.0,
        meaning="how long `imapp trace` knows who was told of a message outside the socket; 0: not at all",
    )
    trace_lines: int = number(
        "TRACE_LINES",
        50_000,
        most=1_000_000,
        meaning="how many passages of a channel's messages a gateway remembers for `imapp trace`, "
        "some 250 bytes each; 0: none",
    )
    trace_kept_s: float = seconds(
        "TRACE_KEPT_S",
        3_600.0,
        least=0.0,
        most=86_400.0,
        meaning="how long a gateway remembers one of them at most, newer ones may push it out; 0: not at all",
    )
    metrics_bind: str = text(
        "METRICS_BIND",
        "",
        pattern=r"^(\S+:\d{1,5})?\Z",
        allowed="`HOST:PORT`",
        meaning="address and port of this process's `/metrics`, its own; without it there is none",
    )
    limit_sends: str = rate(
        "LIMIT_SENDS",
        "20/100",
        section="Limits",
        meaning="messages of a person",
    )
    limit_writes: str = rate(
        "LIMIT_WRITES",
        "2/50",
        meaning="other writes of a person (members, names); 50 people in one count as one more",
    )
    limit_creates: str = rate(
        "LIMIT_CREATES", "1/30", meaning="groups and direct chats that a person makes; people count as above"
    )
    limit_uploads: str = rate("LIMIT_UPLOADS", "2/30", meaning="files that a person sends up")
    limit_searches: str = rate(
        "LIMIT_SEARCHES", "5/30", meaning="searches of a person, for people as well as for messages"
    )
    limit_history: str = rate("LIMIT_HISTORY", "20/100", meaning="pages of history, and single entries")
    limit_sync: str = rate("LIMIT_SYNC", "2/50", meaning="pages of `sync` of a person")
    limit_lists: str = rate("LIMIT_LISTS", "10/50", meaning="pages of other lists, and single things")
    limit_marks: str = rate("LIMIT_MARKS", "20/200", meaning="read marks of a person")
    limit_nudges: str = rate("LIMIT_NUDGES", "0.1/10", meaning="reminders of a person to read his messages")
    limit_requests: str = rate("LIMIT_REQUESTS", "50/300", meaning="REST requests of a person, of any kind")
    limit_frames: str = rate(
        "LIMIT_FRAMES",
        "100/500",
        meaning="frames of one WebSocket, of any kind; above it the socket is read more slowly",
    )
    limit_connects: str = rate("LIMIT_CONNECTS", "50/1000", meaning="new WebSockets from one address")
    limit_failures: str = rate(
        "LIMIT_FAILURES", "1/50", meaning="tokens from one address that turn out to be worth nothing"
    )
    max_connections_of_user: int = number(
        "MAX_CONNECTIONS_OF_USER",
        20,
        most=20_000,
        meaning="WebSockets of a person on a gateway; one more closes the oldest (4502); 0: no limit",
    )
    max_connections_of_address: int = number(
        "MAX_CONNECTIONS_OF_ADDRESS",
        2_000,
        most=20_000,
        meaning="WebSockets from one address on a gateway; one more is refused; 0: no limit",
    )
    max_groups_made: int = number(
        "MAX_GROUPS_MADE",
        1_000,
        most=1_000_000,
        meaning="groups that a person has made; 0: no limit",
    )
    max_channels_of_user: int = number(
        "MAX_CHANNELS_OF_USER",
        2_000,
        most=1_000_000,
        meaning="channels that a person can be brought into, counting direct chats; 0: no limit",
    )
    max_file_mb: int = number(
        "MAX_FILE_MB", 50, most=1_000, unit="MB", meaning="how large a file may be; 0: no limit"
    )
    max_files_mb_of_user: int = number(
        "MAX_FILES_MB_OF_USER",
        5_000,
        most=1_000_000_000,
        unit="MB",
        meaning="how much a person may have sent up of what is still kept; 0: no limit",
    )
    trusted_proxies: tuple[str, ...] = texts(
        "TRUSTED_PROXIES",
        default=("127.0.0.1", "::1"),
        allowed="addresses and networks (`10.0.0.0/8`)",
        meaning="whose `X-Forwarded-For` says where a client is; limits by address need it behind a proxy",
    )
    failpoints: str = text(
        "FAILPOINTS",
        "",
        section="For tests",
        meaning="makes processes fail in tests; refused in production",
    )

    @property
    def development(self) -> bool:
        """Whether demo tools may be used."""
        return self.environment != "production"

    @property
    def human_logs(self) -> bool:
        """Whether log lines are for people; else they are JSON."""
        return self.development if self.log_format == "auto" else self.log_format == "text"
