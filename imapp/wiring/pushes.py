"""What works out who must be told outside the socket, and tells them."""

from collections.abc import Callable, Iterable
from typing import Final

from imapp.broker.publishing import TaskPublisher
from imapp.broker.topology import PUSH_TASK
from imapp.config import Config
from imapp.services.files.collecting import FileCollector
from imapp.services.periodic import keep_doing
from imapp.services.poison import PoisonRule
from imapp.services.pushes.badges import Badges
from imapp.services.pushes.computing import PushRunner, PushStores
from imapp.services.pushes.delivery import Patience, PushDelivery
from imapp.services.pushes.notifiers import LogNotifier, Notifier
from imapp.services.pushes.previews import Signs
from imapp.services.pushes.recipients import PushService
from imapp.services.pushes.reminding import ReminderStores, Reminding
from imapp.services.pushes.sweep import PushSweep
from imapp.services.pushes.webhook import WebhookNotifier, signing_key
from imapp.services.reading.access import AccessService
from imapp.services.reading.watermarks import Watermarks
from imapp.stores.attempts import AttemptStore
from imapp.stores.blobs import GridBlobs
from imapp.stores.channels import ChannelStore
from imapp.stores.dispatches import DispatchStore
from imapp.stores.emojis import EmojiStore
from imapp.stores.files import FileStore
from imapp.stores.leases import LeaseStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.stores.outbox import Outbox
from imapp.stores.pushed import PushedStore
from imapp.stores.pushes import PushLedger
from imapp.stores.reminders import ReminderStore
from imapp.stores.users import UserStore
from imapp.wiring.base import celery_app, presence_service, read_sharing, topology

_DELIVERY_EVERY_S: Final = 0.25


def push_publisher(config: Config) -> Callable[[bytes], None]:
    """Enqueues `push.compute`, over a connection of its own; belongs to one thread."""
    publisher = TaskPublisher(celery_app(config), config.amqp_url)
    queue = topology(config).pushes_queue()
    return lambda payload: publisher.publish(PUSH_TASK, queue, payload, durable=True)


def push_runner(
    config: Config,
    database: Database,
    fail_stop: Callable[[str], None],
    noted: Callable[[Iterable[str]], None],
) -> PushRunner:
    """Carries out `push.compute`."""
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
    return PushRunner(
        PushStores(
            channels, members, log, UserStore(database), DispatchStore(database, noted), EmojiStore(database)
        ),
        presence=presence_service(database),
        sharing=read_sharing(config, database),
        tells=_notifier(config) is not None,
        poison=PoisonRule(AttemptStore(database), fail_stop),
    )


def reminding(config: Config, database: Database) -> Reminding:
    """Carries out what reminds people of messages."""
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
    users = UserStore(database)
    pushes = PushService(
        access=AccessService(channels, members),
        members=members,
        log=log,
        ledger=PushLedger(database),
        users=users,
        sharing=read_sharing(config, database),
    )
    return Reminding(
        ReminderStores(
            channels,
            members,
            log,
            users,
            DispatchStore(database),
            ReminderStore(database),
            EmojiStore(database),
        ),
        pushes=pushes,
        every_ms=round(config.nudge_every_s * 1000),
        tells=_notifier(config) is not None,
    )


def _notifier(config: Config) -> Notifier | None:
    if config.push_webhook:
        key = signing_key(config.push_webhook_secret)
        return WebhookNotifier(config.push_webhook, key, timeout_s=config.push_timeout_s)
    return LogNotifier() if config.environment == "development" else None


def keep_collecting(config: Config, database: Database) -> None:
    """Remove files that nothing refers to, again and again."""
    collector = FileCollector(
        LeaseStore(database), FileStore(database), GridBlobs(database), every_s=config.collect_every_s
    )
    keep_doing(collector.collect, name="files-collect", every_s=config.collect_every_s)


def keep_pushing(config: Config, database: Database) -> None:
    """What who serves the pushes does by itself: look for lost nudges, and send what is due."""
    sweep = PushSweep(
        leases=LeaseStore(database),
        channels=ChannelStore(database),
        dispatches=DispatchStore(database),
        publish=push_publisher(config),
        every_s=config.push_sweep_s,
    )
    keep_doing(sweep.next_page, name="push-sweep", every_s=config.push_sweep_s)
    keep_collecting(config, database)
    notifier = _notifier(config)
    if notifier is not None:
        patience = Patience(config.push_timeout_s, config.push_retry_s, config.push_tries)
        channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
        delivery = PushDelivery(
            Outbox(database),
            log,
            Watermarks(members, channels),
            notifier,
            people=UserStore(database),
            signs=Signs(EmojiStore(database)),
            badges=Badges(channels, members, log),
            patience=patience,
            noted=PushedStore(database, config.pushed_kept_s).note,
        )
        keep_doing(delivery.send_due, name="push-delivery", every_s=_DELIVERY_EVERY_S)
