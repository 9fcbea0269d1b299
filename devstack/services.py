"""The stack: MongoDB, RabbitMQ and Elasticsearch together, started or found, used and left."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from devstack import locks, ports, processes
from devstack.elasticsearch import Elasticsearch
from devstack.errors import NotEmbedded
from devstack.mongod import Mongod
from devstack.profiles import PROFILES, Profile
from devstack.rabbitmq import Epmd, RabbitMq
from devstack.record import Record
from devstack.server import Server

MONGO_VARIABLE = "IM_MONGO_URL"
AMQP_VARIABLE = "IM_AMQP_URL"
ES_VARIABLE = "IM_ES_URL"


class Stack:
    """The servers of one profile. One whose URL is given is somebody else's: used, never controlled."""

    def __init__(
        self,
        profile: Profile,
        *,
        mongo_url: str | None = None,
        amqp_url: str | None = None,
        es_url: str | None = None,
    ) -> None:
        self.profile = profile
        self.record = Record(profile.folder)
        self._mongo_url = mongo_url
        self._amqp_url = amqp_url
        self._es_url = es_url
        self._mongod = None if mongo_url else Mongod(profile.folder, self.record, profile.mongo_port)
        self._rabbitmq = None if amqp_url else RabbitMq(profile.folder, self.record, profile.amqp_port)
        self._elasticsearch = None if es_url else Elasticsearch(profile.folder, self.record, profile.es_port)

    @property
    def mongo_url(self) -> str:
        """Where MongoDB is, for pymongo and for IM_MONGO_URL."""
        return self._mongo_url or self.mongod.url

    @property
    def amqp_url(self) -> str:
        """Where RabbitMQ is, for kombu and for IM_AMQP_URL."""
        return self._amqp_url or self.rabbitmq.url

    @property
    def es_url(self) -> str:
        """Where Elasticsearch is, for its client and for IM_ES_URL."""
        return self._es_url or self.elasticsearch.url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the product at this stack."""
        return {MONGO_VARIABLE: self.mongo_url, AMQP_VARIABLE: self.amqp_url, ES_VARIABLE: self.es_url}

    @property
    def mongod(self) -> Mongod:
        """The server itself, to hurt it. Raises NotEmbedded if it is not ours."""
        if self._mongod is None:
            raise NotEmbedded(MONGO_VARIABLE)
        return self._mongod

    @property
    def rabbitmq(self) -> RabbitMq:
        """The broker itself, to hurt it. Raises NotEmbedded if it is not ours."""
        if self._rabbitmq is None:
            raise NotEmbedded(AMQP_VARIABLE)
        return self._rabbitmq

    @property
    def elasticsearch(self) -> Elasticsearch:
        """The search server itself, to hurt it. Raises NotEmbedded if it is not ours."""
        if self._elasticsearch is None:
            raise NotEmbedded(ES_VARIABLE)
        return self._elasticsearch

    def rabbitmqctl(self, *arguments: str) -> str:
        """Run one of RabbitMQ's own commands on our broker; return what it prints."""
        return self.rabbitmq.rabbitmqctl(*arguments)

    @property
    def servers(self) -> list[Server]:
        """Those of the servers that are ours, in the order in which they stop."""
        servers = (self._elasticsearch, self._rabbitmq, self._mongod)
        return [server for server in servers if server is not None]

    def launch(self, *, afresh: bool) -> None:
        """Start all, return at once. `afresh`: those that do not run lose what they stored earlier."""
        for server in self.servers:
            if afresh:
                server.discard()
            server.launch()

    def await_ports(self) -> None:
        """Return when each of them holds its port."""
        for server in self.servers:
            server.await_port()

    def await_serving(self, *, all_of_them: bool = True) -> None:
        """Return when they serve; without `all_of_them` those that the product can't start without."""
        for server in self.servers:
            if all_of_them or server is not self._elasticsearch:
                server.await_serving()

    def stop(self) -> None:
        """Return when none of them is left."""
        for server in self.servers:
            server.stop()
        self.record.keep(False)


@contextmanager
def running(name: str, *, keep: bool = False, all_of_them: bool = True) -> Iterator[Stack]:
    """Give the services of a profile for as long as the block runs: started, or joined if they run already.

    The last one to leave stops them, unless somebody said `keep`: then they stay until `down`. What
    `IM_MONGO_URL`, `IM_AMQP_URL` and `IM_ES_URL` name is used instead of a server of our own. Without
    `all_of_them` Elasticsearch, which is slow, may still be starting. Raises SetupFailed or StartFailed.
    """
    profile = PROFILES[name]
    with locks.using(profile.folder) as use:
        try:
            yield _start(profile, use, keep=keep, all_of_them=all_of_them)
        finally:
            _leave(profile, use)


def up(name: str) -> Stack:
    """Start the services of a profile, or find them running, and leave them to run until `down`."""
    with running(name, keep=True) as stack:
        return stack


def down(name: str) -> None:
    """Stop the services of a profile, whoever uses them, and whatever else was started for it."""
    profile = PROFILES[name]
    with locks.changing(profile.folder):
        Stack(profile).stop()
        processes.kill_all(processes.marked(profile.folder))


def is_kept(profile: Profile) -> bool:
    """Whether the services of a profile stay when their last user leaves."""
    return Record(profile.folder).is_kept


def _start(profile: Profile, use: locks.Use, *, keep: bool, all_of_them: bool) -> Stack:
    with locks.changing(profile.folder):
        with ports.choosing():
            _end_strays(profile)
            stack = Stack(
                profile,
                mongo_url=os.environ.get(MONGO_VARIABLE),
                amqp_url=os.environ.get(AMQP_VARIABLE),
                es_url=os.environ.get(ES_VARIABLE),
            )
            # While somebody else is in, a server may be down on purpose, and its data are wanted.
            stack.launch(afresh=use.is_only() and not profile.keeps_data)
            stack.await_ports()
        stack.await_serving(all_of_them=all_of_them)
        if keep:
            stack.record.keep(True)
        return stack


def _end_strays(profile: Profile) -> None:
    """End servers whose record was lost: they would hold the data folder and the preferred ports."""
    record = Record(profile.folder)
    for kind in (Mongod, RabbitMq, Epmd, Elasticsearch):
        if record.find(kind.name) is None:
            processes.kill_all(processes.marked(profile.folder / kind.name))


def _leave(profile: Profile, use: locks.Use) -> None:
    with locks.changing(profile.folder):
        # Found anew, for the start may have failed before there was a stack to give out.
        if use.is_only() and not is_kept(profile):
            Stack(profile).stop()
