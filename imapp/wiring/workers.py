"""A worker process: the writer of shards, receipts and pushes, whichever its queues ask for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from imapp.broker.publishing import MessagePublisher
from imapp.config import Config
from imapp.services.archiving.index_runner import IndexRunner
from imapp.services.archiving.nightly import NightlyMove
from imapp.services.outgoing.outlet import Outlet
from imapp.services.periodic import keep_doing
from imapp.services.personal.conversations import ConversationSetter
from imapp.services.personal.runner import Handler, PersonalRunner
from imapp.services.personal.settings import SettingsSetter
from imapp.services.poison import PoisonRule
from imapp.services.presence import PresenceService
from imapp.services.pushes.computing import PushRunner
from imapp.services.reading.conversation_rows import ConversationRows
from imapp.services.receipts.applying import ReceiptRunner, ReceiptStores
from imapp.services.receipts.events import SUM_EVERY_S, ReceiptSums, ReceiptTeller
from imapp.services.receipts.folding import FOLD_EVERY_S, LedgerFolding
from imapp.services.writing.batches import BatchRunner
from imapp.services.writing.channel_cache import ChannelCache
from imapp.services.writing.heads import HeadKeeper
from imapp.services.writing.nudges import Nudger
from imapp.services.writing.people import ProfileCache
from imapp.services.writing.writer import Writer, WriterStores
from imapp.stores.attempts import AttemptStore
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.files import FileStore
from imapp.stores.folds import LedgerFolds
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.meta import load_identity
from imapp.stores.mongo import Database
from imapp.stores.pushes import PushLedger
from imapp.stores.settings import SettingsStore
from imapp.stores.users import UserStore
from imapp.wiring.archiving import nightly_move
from imapp.wiring.base import open_store, presence_service, read_sharing, topology, windows
from imapp.wiring.indexing import background_archive, index_publisher, index_runner
from imapp.wiring.pushes import keep_pushing, push_publisher, push_runner, reminding
from schemas.tasks import AnyPersonalWrite, FanoutItem, Remind, SetConversation, SetSettings

_WRITER_POOL: Final = 4
_PUSH_PAUSE_S: Final = 0.9  # every other time of the timer, its jitter too
_INDEX_PAUSE_S: Final = 0.4  # each time: what is sent is to be found soon


@dataclass(frozen=True, slots=True)
class TaskServices:
    """What the task bodies call; `keep_pushing` begins the periodic part of who serves the pushes."""

    batches: BatchRunner
    receipts: ReceiptRunner
    pushes: PushRunner
    nudgers: Sequence[Nudger]
    keep_pushing: Callable[[], None]
    presence: PresenceService
    personal: PersonalRunner
    archiving: IndexRunner
    nightly_move: NightlyMove


def task_services(config: Config, fail_stop: Callable[[str], None]) -> TaskServices:
    """The services of a worker process; call it in that process. Waits for MongoDB."""
    database = open_store(config, _WRITER_POOL)
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
    archive = background_archive(config, database)
    nudgers = _nudgers(config)
    outlet = make_outlet(config, lambda items: _tell(nudgers, items))
    folding = LedgerFolding(LedgerFolds(database))
    keep_doing(folding.fold_waiting, name="ledger-folding", every_s=FOLD_EVERY_S)
    return TaskServices(
        batches=BatchRunner(
            writer=make_writer(config, database),
            outlet=outlet,
            attempts=AttemptStore(database),
            fail_stop=fail_stop,
        ),
        receipts=ReceiptRunner(
            ReceiptStores(members, channels, log, PushLedger(database, folding.noted), LedgerFolds(database)),
            rows=ConversationRows(members, log, UserStore(database)),
            sharing=read_sharing(config, database),
            outlet=outlet,
            teller=ReceiptTeller(members, log, read_sharing(config, database)),
            sums=_receipt_sums(config, database),
            poison=PoisonRule(AttemptStore(database), fail_stop),
        ),
        pushes=push_runner(config, database, fail_stop, folding.noted),
        nudgers=nudgers,
        keep_pushing=partial(keep_pushing, config, database),
        presence=presence_service(database),
        personal=_personal_runner(config, database, outlet, fail_stop),
        archiving=index_runner(database, archive),
        nightly_move=nightly_move(config, database, archive),
    )


def _nudgers(config: Config) -> Sequence[Nudger]:
    """Who tells of channels that have grown: the push workers, and those of the archive if there is one."""
    nudgers = [Nudger(push_publisher(config), pause_s=_PUSH_PAUSE_S)]
    if config.es_url:
        nudgers.append(Nudger(index_publisher(config), pause_s=_INDEX_PAUSE_S))
    for nudger in nudgers:
        nudger.keep()
    return nudgers


def _tell(nudgers: Sequence[Nudger], items: Sequence[FanoutItem]) -> None:
    for nudger in nudgers:
        nudger.add(items)


def _personal_runner(
    config: Config, database: Database, outlet: Outlet, fail_stop: Callable[[str], None]
) -> PersonalRunner:
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
    rows = ConversationRows(members, log, UserStore(database))
    conversations = ConversationSetter(channels=channels, members=members, log=log, rows=rows)
    settings = SettingsSetter(SettingsStore(database), read_sharing(config, database))
    handlers: dict[type[AnyPersonalWrite], Handler] = {
        SetConversation: conversations.set,
        SetSettings: settings.set,
        Remind: reminding(config, database).remind,
    }
    rule = PoisonRule(AttemptStore(database), fail_stop)
    return PersonalRunner(handlers, outlet=outlet, rule=rule)


def make_outlet(config: Config, grown: Callable[[Sequence[FanoutItem]], None] = lambda _: None) -> Outlet:
    """Publishes over connections of its own; belongs to one thread. `grown` hears of what was published."""
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
        sharing=read_sharing(config, database),
        outlet=make_outlet(config),
    )
    keep_doing(sums.tell, name="receipt-sums", every_s=SUM_EVERY_S)
    return sums


def make_writer(config: Config, database: Database) -> Writer:
    """The writer of whatever shards its process is given, and the thread that mends its heads."""
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
    heads = HeadKeeper(channels, members)
    heads.keep()
    return Writer(
        WriterStores(log, ChangeStore(database), members, FileStore(database)),
        cache=ChannelCache(channels, members, log, JoinRequestStore(database)),
        people=ProfileCache(UserStore(database)),
        heads=heads,
        body_key=load_identity(database).body_key,
        windows=windows(config),
        patience_s=config.store_patience_s,
    )
