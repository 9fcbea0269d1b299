"""A gateway process: what REST and WebSocket call, and the gateway behind them."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from imapp.broker.consuming import GatewayConsumer
from imapp.broker.inspection import QueueWatch
from imapp.broker.publishing import MessagePublisher, TaskPublisher
from imapp.config import GATEWAY_HEADER, Config
from imapp.errors import StoreUnavailable
from imapp.gateway.addresses import networks
from imapp.gateway.attendance import Attendance, PresenceStores, PresenceTimes
from imapp.gateway.batcher import Batcher, Timing
from imapp.gateway.door import Door
from imapp.gateway.gateway import Gateway
from imapp.gateway.inquiries import Inquiries
from imapp.gateway.issuer import keys_at
from imapp.gateway.keystrokes import Keystrokes
from imapp.gateway.limits import Limits, Rate
from imapp.gateway.marks import MarkCoalescer
from imapp.gateway.passages import Passages
from imapp.gateway.personal import PersonalDesk
from imapp.gateway.presence import GatewayPresence
from imapp.gateway.received import ReceivedCoalescer
from imapp.gateway.registry import Registry
from imapp.gateway.revocation import Revoker
from imapp.gateway.signals import Signals
from imapp.gateway.threads import Threads
from imapp.services.administering.administration import Administration
from imapp.services.archiving.returns import Prepare
from imapp.services.files.fetching import FetchingService
from imapp.services.files.keeping import KeepingService
from imapp.services.files.pictures import PictureService
from imapp.services.files.signing import UrlSigner
from imapp.services.identity.identities import Authenticator
from imapp.services.identity.published_keys import PublishedKeys
from imapp.services.identity.quotas import QuotaService
from imapp.services.identity.roles import RoleNames
from imapp.services.identity.signed_header import SignedHeaderAuthenticator
from imapp.services.identity.tokens import IssuerKeys, SharedKeys, TokenAuthenticator, TrustedKeys
from imapp.services.operating.dependencies import PING_S, dependency_probes
from imapp.services.operating.health import HealthService
from imapp.services.outgoing.frames import websocket_frame
from imapp.services.presence import PresenceService
from imapp.services.pushes.recipients import PushService
from imapp.services.pushes.summaries import SummaryService
from imapp.services.reading.access import AccessService
from imapp.services.reading.conversations import ConversationService
from imapp.services.reading.directory import DirectoryService
from imapp.services.reading.emojis import EmojiService
from imapp.services.reading.history import HistoryService
from imapp.services.reading.join_requests import JoinRequestService
from imapp.services.reading.sharing import ReadSharing
from imapp.services.reading.unread_explained import UnreadExplainer
from imapp.services.searching.contacts import ContactService
from imapp.services.searching.keys import NameKeys
from imapp.services.searching.messages import MessageSearchService
from imapp.services.writing.stored import StoredCommands
from imapp.stores.blobs import GridBlobs
from imapp.stores.channels import ChannelStore
from imapp.stores.connections import ConnectionStore
from imapp.stores.files import FileStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.last_seen import LastSeenStore
from imapp.stores.members import MemberStore
from imapp.stores.meta import load_identity, ping
from imapp.stores.mongo import Database
from imapp.stores.nonces import NonceStore
from imapp.stores.pictures import PictureStore
from imapp.stores.users import UserStore
from imapp.wiring.administration import administration
from imapp.wiring.archiving import preparing
from imapp.wiring.base import celery_app, open_store, presence_service, topology, windows
from imapp.wiring.indexing import ArchiveStores, archive_stores
from imapp.wiring.reading import reading_services
from imapp.ws.client import SessionServices
from imapp.ws.endpoint import Endpoint
from imapp.ws.origins import OriginPolicy
from schemas.frames import ResyncEvent

_GATEWAY_POOL: Final = 20
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class GatewayServices:
    """What REST and WebSocket call."""

    gateway: Gateway
    endpoint: Endpoint
    identity: Authenticator
    directory: DirectoryService
    history: HistoryService
    join_requests: JoinRequestService
    conversations: ConversationService
    unread: UnreadExplainer
    pushes: PushService
    emojis: EmojiService
    summaries: SummaryService
    search: MessageSearchService
    contacts: ContactService
    sharing: ReadSharing
    presence: PresenceService
    health: HealthService
    admin: Administration
    quotas: QuotaService
    keeping: KeepingService
    fetching: FetchingService
    pictures: PictureService
    signer: UrlSigner
    door: Door
    prepare: Prepare
    loops: tuple[Callable[[], None], ...]
    """What else runs in the background of the process."""


def gateway_services(config: Config) -> GatewayServices:
    """The services of a gateway process; call it in that process. Waits for MongoDB."""
    database = open_store(config, _GATEWAY_POOL)
    store = load_identity(database)
    users = UserStore(database)
    archive = archive_stores(config, database)
    reading = reading_services(config, database, archive, store)
    stored = StoredCommands(ChannelStore(database), reading.log)
    prepare = preparing(database, archive, reading.access, stored)
    published = PublishedKeys(keys_at(config.jwks_url))
    identity = _authenticator(config, database, published)
    presence = presence_service(database)
    limits = _limits(config)
    make_presence = partial(
        _gateway_presence, config=config, database=database, access=reading.access, service=presence
    )
    gateway = _gateway(config, MemberStore(database), limits, make_presence)
    quotas = _quotas(config, database, stored)
    pictures = PictureService(FileStore(database), PictureStore(database), users)
    door = _door(config, limits)
    sessions = SessionServices(
        gateway=gateway,
        identity=identity,
        history=reading.history,
        conversations=reading.conversations,
        unread=reading.unread,
        summaries=reading.summaries,
        search=reading.search,
        sharing=reading.sharing,
        pictures=pictures,
        quotas=quotas,
        emojis=reading.emojis,
        door=door,
        prepare=prepare,
        heartbeat_s=config.heartbeat_s,
        windows=windows(config),
    )
    return GatewayServices(
        gateway=gateway,
        endpoint=_endpoint(config, sessions),
        identity=identity,
        directory=reading.directory,
        history=reading.history,
        join_requests=reading.join_requests,
        conversations=reading.conversations,
        emojis=reading.emojis,
        unread=reading.unread,
        pushes=reading.pushes,
        summaries=reading.summaries,
        search=reading.search,
        contacts=reading.contacts,
        sharing=reading.sharing,
        presence=presence,
        health=_health(config, database, archive, gateway),
        admin=administration(config, database, reading.log, archive),
        quotas=quotas,
        keeping=_keeping(config, database),
        fetching=FetchingService(FileStore(database), GridBlobs(database), reading.access, users),
        pictures=pictures,
        signer=UrlSigner(store.body_key, users),
        door=door,
        prepare=prepare,
        loops=(Revoker(users, gateway.registry).run, published.keep_fresh, NameKeys(users).run),
    )


def _quotas(config: Config, database: Database, stored: StoredCommands) -> QuotaService:
    return QuotaService(
        ChannelStore(database),
        MemberStore(database),
        stored,
        max_groups_made=config.max_groups_made,
        max_channels=config.max_channels_of_user,
    )


def _door(config: Config, limits: Limits) -> Door:
    return Door(
        limits,
        trusted_proxies=networks(config.trusted_proxies),
        max_of_user=config.max_connections_of_user,
        max_of_address=config.max_connections_of_address,
    )


def _endpoint(config: Config, sessions: SessionServices) -> Endpoint:
    return Endpoint(
        sessions,
        origins=OriginPolicy(config.allowed_origins, https_only=not config.development),
        hello_timeout_s=config.hello_timeout_s,
        silence_s=config.silence_s,
        unfinished_s=config.unfinished_s,
    )


def _health(
    config: Config, database: Database, archive: ArchiveStores | None, gateway: Gateway
) -> HealthService:
    return HealthService(
        dependency_probes(
            ask_store=partial(ping, database, within_s=PING_S),
            ask_archive=archive.client.ping if archive is not None else None,
            queues=QueueWatch(config.amqp_url, topology(config)),
            shards=config.shards,
            is_connected=lambda: gateway.connected,
        )
    )


def _keeping(config: Config, database: Database) -> KeepingService:
    return KeepingService(
        FileStore(database),
        GridBlobs(database),
        in_thread=Threads().run,
        max_bytes=config.max_file_mb * _MB or sys.maxsize,
        quota_bytes=config.max_files_mb_of_user * _MB,
        kept_s=config.unsent_file_s,
    )


def _authenticator(config: Config, database: Database, published: PublishedKeys) -> Authenticator:
    users, role_names = UserStore(database), RoleNames(config.roles_claim, config.admin_role)
    if config.auth == GATEWAY_HEADER:
        return SignedHeaderAuthenticator(
            users,
            NonceStore(database),
            keys=(config.gateway_key, config.gateway_key_previous),
            session_s=config.gateway_session_s,
            role_names=role_names,
        )
    keys: TrustedKeys = (
        IssuerKeys(published) if config.jwks_url else SharedKeys(config.jwt_key, config.jwt_key_previous)
    )
    return TokenAuthenticator(
        users, keys, audience=config.jwt_audience, issuer=config.jwt_issuer, role_names=role_names
    )


def _gateway_presence(
    name: str,
    registry: Registry,
    *,
    config: Config,
    database: Database,
    access: AccessService,
    service: PresenceService,
) -> GatewayPresence:
    fanout = topology(config).fanout
    signals = Signals(MessagePublisher(config.amqp_url, confirm=False, declare=fanout), fanout.name)
    stores = PresenceStores(GatewayStore(database), ConnectionStore(database), LastSeenStore(database))
    times = PresenceTimes(
        renew_s=config.lease_renew_s, lease_s=config.lease_s, grace_s=config.presence_grace_s
    )

    def may_speak(user_id: str, channel_id: str) -> bool:
        try:
            return access.may_speak(user_id, channel_id, time.time_ns() // 1_000_000)
        except StoreUnavailable:
            return False  # nobody misses it

    return GatewayPresence(
        attendance=Attendance(name, stores, times, signals.changed),
        service=service,
        signals=signals,
        keystrokes=Keystrokes(registry, signals, may_speak),
    )


def _limits(config: Config) -> Limits:
    return Limits({name: Rate.parse(getattr(config, f"limit_{name}")) for name in Limits.NAMES})


def _gateway(
    config: Config,
    members: MemberStore,
    limits: Limits,
    make_presence: Callable[[str, Registry], GatewayPresence],
) -> Gateway:
    names, celery = topology(config), celery_app(config)

    def make_batcher(shard: int, reply_queue: Callable[[], str | None]) -> Batcher:
        return Batcher(
            shard=shard,
            publisher=TaskPublisher(celery, config.amqp_url),
            queue=names.message_queue(shard),
            reply_queue=reply_queue,
            timing=Timing(timeout_s=config.command_timeout_s, redrive_s=config.redrive_after_s),
            limits=limits,
        )

    return Gateway(
        shards=config.shards,
        members=members,
        make_batcher=make_batcher,
        marks=MarkCoalescer(TaskPublisher(celery, config.amqp_url), names.receipts_queue()),
        received=ReceivedCoalescer(TaskPublisher(celery, config.amqp_url), names.receipts_queue()),
        personal=PersonalDesk(
            TaskPublisher(celery, config.amqp_url),
            names.receipts_queue(),
            timeout_s=config.command_timeout_s,
        ),
        make_presence=make_presence,
        make_inquiries=lambda name, registry, passages: Inquiries(
            name, registry, passages, MessagePublisher(config.amqp_url, confirm=False)
        ),
        passages=Passages(config.trace_lines, config.trace_kept_s),
        make_consumer=partial(GatewayConsumer, config.amqp_url, names),
        resync_frame=websocket_frame(msgspec.json.encode(ResyncEvent())),
    )
