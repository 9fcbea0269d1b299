"""People with their devices on one cluster, for the length of one test."""

import secrets
from contextlib import ExitStack
from typing import Any, Self

from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.history import StaysByChannel
from tests.support.people import make_users
from tests.support.recorder import Recorder
from tests.support.report import Report
from tests.support.rest import RestClient
from tests.support.tokens import make_token
from tests.support.verdict import judge


class Scene:
    """Makes people and connects them; everything they do goes into one record."""

    def __init__(self, cluster: Cluster, recorder: Recorder | None = None) -> None:
        self.cluster = cluster
        self.recorder = recorder or Recorder()
        self.clients: list[Client] = []
        self._stack = ExitStack()
        self._suffix = secrets.token_hex(6)  # a cluster is shared by many tests, which must never meet

    def people(self, *names: str) -> tuple[str, ...]:
        """User ids of new people with these names."""
        ids = tuple(f"{name}.{self._suffix}" for name in names)
        make_users(self.cluster.database, *ids)
        return ids

    def connect(self, user: str, *, gateway: int = 0, **options: Any) -> Client:
        """A device of this user on a gateway, until the test ends."""
        client = self.cluster.connect(user, gateway=gateway, recorder=self.recorder, **options)
        self.clients.append(self._stack.enter_context(client))
        return client

    def rest(self, user: str, *, gateway: int = 0) -> RestClient:
        """This user on REST, until the test ends."""
        url = self.cluster.gateway_urls[gateway]
        client = RestClient(url, make_token(user), user=user, recorder=self.recorder)
        return self._stack.enter_context(client)

    def judge(self, *, stays: StaysByChannel | None = None) -> Report:
        """The checker's report on everything done so far; see `verdict.judge`."""
        return judge(self.recorder, self.cluster, self.clients, stays=stays)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
