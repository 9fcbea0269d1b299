"""The only module that names concrete parts: what a writer, a receipts worker and a gateway are made of."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec
from celery import Celery

from imapp.broker.celery_app import make_celery
from imapp.broker.consuming import GatewayConsumer
from imapp.broker.inspection import QueueWatch
from imapp.broker.publishing import MessagePublisher, TaskPublisher
from imapp.broker.topology import PUSH_TASK, Topology
from imapp.config import GATEWAY_HEADER, Config
from imapp.errors import StoreUnavailable
from imapp.gateway.addresses import networks
from imapp.gateway.attendance import Attendance, PresenceStores, PresenceTimes
from imapp.gateway.batcher import Batcher, Timing
from imapp.gateway.door import Door
from imapp.gateway.gateway import Gateway
from imapp.gateway.issuer import keys_at
from imapp.gateway.keystrokes import Keystrokes
from imapp.gateway.limits import Limits, Rate
from imapp.gateway.marks import MarkCoalescer
from imapp.gateway.presence import GatewayPresence
from imapp.gateway.received import ReceivedCoalescer
from imapp.gateway.registry import Registry
from imapp.gateway.revocation import Revoker
from imapp.gateway.signals import Signals
from imapp.logs import get_log
from imapp.services.access import AccessService
from imapp.services.badges import Badges
from imapp.services.batches import BatchRunner
from imapp.services.channel_cache import ChannelCache
from imapp.services.conversation_rows import ConversationRows
from imapp.services.conversations import ConversationService
from imapp.services.dependencies import PING_S, dependency_probes
from imapp.services.directory import DirectoryService
from imapp.services.frames import websocket_frame
from imapp.services.heads import HeadKeeper
from imapp.services.health import HealthService
from imapp.services.history import HistoryService
from imapp.services.identity import Authenticator
from imapp.services.notifiers import LogNotifier, Notifier
from imapp.services.nudges import Nudger
from imapp.services.outlet import Outlet
from imapp.services.people import ProfileCache
from imapp.services.periodic import keep_doing
from imapp.services.presence import PresenceService
from imapp.services.published_keys import PublishedKeys
from imapp.services.push_delivery import Patience, PushDelivery
from imapp.services.push_sweep import PushSweep
from imapp.services.pushes import PushService
from imapp.services.pushing import PushRunner, PushStores
from imapp.services.quotas import QuotaService
from imapp.services.receipt_events import SUM_EVERY_S, ReceiptSums, ReceiptTeller
from imapp.services.receipts import ReceiptRunner, ReceiptStores
from imapp.services.signed_header import SignedHeaderAuthenticator
from imapp.services.tokens import IssuerKeys, SharedKeys, TokenAuthenticator, TrustedKeys
from imapp.services.webhook import WebhookNotifier, signing_key
from imapp.services.writer import Writer, WriterStores
from imapp.stores.attempts import AttemptStore
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.connections import ConnectionStore
from imapp.stores.dispatches import DispatchStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.last_seen import LastSeenStore
from imapp.stores.leases import LeaseStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.meta import load_identity, ping
from imapp.stores.mongo import Database, connect
from imapp.stores.nonces import NonceStore
from imapp.stores.outbox import Outbox
from imapp.stores.pushes import PushLedger
from imapp.stores.schema import create_schema
from imapp.stores.users import UserStore
from imapp.ws.client import SessionServices
from imapp.ws.endpoint import Endpoint
from imapp.ws.origins import OriginPolicy
from schemas.frames import ResyncEvent
from schemas.tasks import FanoutItem

_WRITER_POOL: Final = 4
_GATEWAY_POOL: Final = 20
_STORE_PAUSE_S: Final = 1.0
_DELIVERY_EVERY_S: Final = 0.25

log = get_log("wiring")


@dataclass(frozen=True, slots=True)
class TaskServices:
    """What the task bodies call; `keep_pushing` begins the periodic part of who serves the pushes."""

    batches: BatchRunner
    receipts: ReceiptRunner
    pushes: PushRunner
    nudger: Nudger
    keep_pushing: Callable[[], None]
    presence: PresenceService


def _open_store(config: Config, pool_size: int) -> Database:
    """The database with all its collections; waits for as long as it does not answer."""
    database = connect(config.mongo_url, pool_size=pool_size)
    while True:
        try:
            create_schema(database)
            load_identity(database)
        except StoreUnavailable as error:
            log.warning("waiting_for_mongodb", error=str(error)[:200])
            time.sleep(_STORE_PAUSE_S)
        else:
            return database


def topology(config: Config) -> Topology:
    """The names in RabbitMQ."""
    return Topology(config.namespace, config.shards)


def celery_app(config: Config) -> Celery:
    """The Celery application, without tasks."""
    return make_celery(config.amqp_url, topology(config))


def task_services(config: Config, fail_stop: Callable[[str], None]) -> TaskServices:
    """The services of a worker process; call it in that process. Waits for MongoDB."""
    database = _open_store(config, _WRITER_POOL)
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
    nudger = Nudger(_push_publisher(config))
    nudger.keep()
    outlet = _outlet(config, nudger.add)
    return TaskServices(
        batches=BatchRunner(
            writer=_writer(config, database),
            outlet=outlet,
            attempts=AttemptStore(database),
            fail_stop=fail_stop,
        ),
        receipts=ReceiptRunner(
            ReceiptStores(members, channels, log, PushLedger(database)),
            rows=ConversationRows(members, log, UserStore(database)),
            outlet=outlet,
            teller=ReceiptTeller(members, log),
            sums=_receipt_sums(config, database),
            fail_stop=fail_stop,
        ),
        pushes=_push_runner(config, database, fail_stop),
        nudger=nudger,
        keep_pushing=partial(_keep_pushing, config, database),
        presence=presence_service(database),
    )


def _outlet(config: Config, grown: Callable[[Sequence[FanoutItem]], None] = lambda _: None) -> Outlet:
    names = topology(config)
    return Outlet(
        fanout=MessagePublisher(config.amqp_url, confirm=True, declare=names.fanout),
        replies=MessagePublisher(config.amqp_url, confirm=False),
        exchange=names.fanout.name,
        grown=grown,
    )


def _receipt_sums(config: Config, database: Database) -> ReceiptSums:
    """Told by a thread of its own, over a connection of its own."""
    sums = ReceiptSums(
        members=MemberStore(database),
        log=MessageLog(database),
        ledger=PushLedger(database),
        outlet=_outlet(config),
    )
    keep_doing(sums.tell, name="receipt-sums", every_s=SUM_EVERY_S)
    return sums


def _push_publisher(config: Config) -> Callable[[bytes], None]:
    """Enqueues `push.compute`, over a connection of its own; belongs to one thread."""
    publisher = TaskPublisher(celery_app(config), config.amqp_url)
    queue = topology(config).pushes_queue()
    return lambda payload: publisher.publish(PUSH_TASK, queue, payload, durable=True)


def _push_runner(config: Config, database: Database, fail_stop: Callable[[str], None]) -> PushRunner:
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
    return PushRunner(
        PushStores(channels, members, log, UserStore(database), DispatchStore(database)),
        presence=presence_service(database),
        badges=Badges(channels, members, log),
        tells=_notifier(config) is not None,
        fail_stop=fail_stop,
    )


def _notifier(config: Config) -> Notifier | None:
    if config.push_webhook:
        key = signing_key(config.push_webhook_secret)
        return WebhookNotifier(config.push_webhook, key, timeout_s=config.push_timeout_s)
    return LogNotifier() if config.environment == "development" else None


def _keep_pushing(config: Config, database: Database) -> None:
    """What who serves the pushes does by itself: look for lost nudges, and send what is due."""
    sweep = PushSweep(
        leases=LeaseStore(database),
        channels=ChannelStore(database),
        dispatches=DispatchStore(database),
        publish=_push_publisher(config),
        every_s=config.push_sweep_s,
    )
    keep_doing(sweep.next_page, name="push-sweep", every_s=config.push_sweep_s)
    notifier = _notifier(config)
    if notifier is not None:
        patience = Patience(config.push_timeout_s, config.push_retry_s, config.push_tries)
        delivery = PushDelivery(Outbox(database), MessageLog(database), notifier, patience)
        keep_doing(delivery.send_due, name="push-delivery", every_s=_DELIVERY_EVERY_S)


def presence_service(database: Database) -> PresenceService:
    """Who is online, and who was when."""
    return PresenceService(
        gateways=GatewayStore(database),
        connections=ConnectionStore(database),
        last_seen=LastSeenStore(database),
        users=UserStore(database),
    )


@dataclass(frozen=True, slots=True)
class ToolServices:
    """What the command line calls beside the running system."""

    users: UserStore
    outbox: Outbox
    writer: Writer


def tool_services(config: Config) -> ToolServices:
    """The services of a command.

    Raises:
        StoreUnavailable: MongoDB does not answer.
    """
    database = connect(config.mongo_url, pool_size=2)
    create_schema(database)
    return ToolServices(users=UserStore(database), outbox=Outbox(database), writer=_writer(config, database))


def _writer(config: Config, database: Database) -> Writer:
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
    heads = HeadKeeper(channels, members)
    heads.keep()
    return Writer(
        WriterStores(log, ChangeStore(database)),
        cache=ChannelCache(channels, members, log),
        people=ProfileCache(UserStore(database)),
        heads=heads,
        body_key=load_identity(database).body_key,
        patience_s=config.store_patience_s,
    )


@dataclass(frozen=True, slots=True)
class GatewayServices:
    """What REST and WebSocket call."""

    gateway: Gateway
    endpoint: Endpoint
    identity: Authenticator
    directory: DirectoryService
    history: HistoryService
    conversations: ConversationService
    pushes: PushService
    presence: PresenceService
    health: HealthService
    quotas: QuotaService
    door: Door
    loops: tuple[Callable[[], None], ...]
    """What else runs in the background of the process."""


def gateway_services(config: Config) -> GatewayServices:
    """The services of a gateway process; call it in that process. Waits for MongoDB."""
    database = _open_store(config, _GATEWAY_POOL)
    channels, members, log, users = (
        ChannelStore(database),
        MemberStore(database),
        MessageLog(database),
        UserStore(database),
    )
    access = AccessService(channels, members)
    history = HistoryService(access, log)
    conversations = ConversationService(
        access=access,
        channels=channels,
        members=members,
        log=log,
        rows=ConversationRows(members, log, users),
        epoch=load_identity(database).epoch,
    )
    published = PublishedKeys(keys_at(config.jwks_url))
    identity = _authenticator(config, database, published)
    presence = presence_service(database)
    limits = _limits(config)
    make_presence = partial(_gateway_presence, config=config, database=database, service=presence)
    gateway = _gateway(config, members, limits, make_presence)
    quotas = QuotaService(
        channels,
        members,
        log,
        max_groups_made=config.max_groups_made,
        max_channels=config.max_channels_of_user,
    )
    door = Door(
        limits,
        trusted_proxies=networks(config.trusted_proxies),
        max_of_user=config.max_connections_of_user,
        max_of_address=config.max_connections_of_address,
    )
    endpoint = Endpoint(
        SessionServices(
            gateway=gateway,
            identity=identity,
            history=history,
            conversations=conversations,
            quotas=quotas,
            door=door,
            heartbeat_s=config.heartbeat_s,
        ),
        origins=OriginPolicy(config.allowed_origins, https_only=not config.development),
        hello_timeout_s=config.hello_timeout_s,
        silence_s=config.silence_s,
        unfinished_s=config.unfinished_s,
    )
    return GatewayServices(
        gateway=gateway,
        endpoint=endpoint,
        identity=identity,
        directory=DirectoryService(access, members, users),
        history=history,
        conversations=conversations,
        pushes=PushService(access=access, members=members, log=log, ledger=PushLedger(database), users=users),
        presence=presence,
        health=HealthService(
            dependency_probes(
                ask_store=partial(ping, database, within_s=PING_S),
                queues=QueueWatch(config.amqp_url, topology(config)),
                shards=config.shards,
                is_connected=lambda: gateway.connected,
            )
        ),
        quotas=quotas,
        door=door,
        loops=(Revoker(users, gateway.registry).run, published.keep_fresh),
    )


def _authenticator(config: Config, database: Database, published: PublishedKeys) -> Authenticator:
    users = UserStore(database)
    if config.auth == GATEWAY_HEADER:
        return SignedHeaderAuthenticator(
            users,
            NonceStore(database),
            keys=(config.gateway_key, config.gateway_key_previous),
            session_s=config.gateway_session_s,
        )
    keys: TrustedKeys = (
        IssuerKeys(published) if config.jwks_url else SharedKeys(config.jwt_key, config.jwt_key_previous)
    )
    return TokenAuthenticator(users, keys, audience=config.jwt_audience, issuer=config.jwt_issuer)


def _gateway_presence(
    name: str, registry: Registry, *, config: Config, database: Database, service: PresenceService
) -> GatewayPresence:
    fanout = topology(config).fanout
    signals = Signals(MessagePublisher(config.amqp_url, confirm=False, declare=fanout), fanout.name)
    stores = PresenceStores(GatewayStore(database), ConnectionStore(database), LastSeenStore(database))
    times = PresenceTimes(
        renew_s=config.lease_renew_s, lease_s=config.lease_s, grace_s=config.presence_grace_s
    )
    return GatewayPresence(
        attendance=Attendance(name, stores, times, signals.changed),
        service=service,
        signals=signals,
        keystrokes=Keystrokes(registry, signals),
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
        make_presence=make_presence,
        make_consumer=partial(GatewayConsumer, config.amqp_url, names),
        resync_frame=websocket_frame(msgspec.json.encode(ResyncEvent())),
    )
