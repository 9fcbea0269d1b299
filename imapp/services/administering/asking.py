"""What is asked of all gateways at once, and which of them did not answer."""

import re
from collections.abc import Collection
from typing import Final, Protocol

from imapp.stores.gateways import GatewayStore
from schemas.tasks import FindPassages, InquiryAnswer, Kick

ANSWER_S: Final = 1.0
"""How long the gateways have to answer."""

_TERM: Final = re.compile(r"~[0-9]+(?=\.|\Z)")


class Asker(Protocol):
    """Asks all gateways; see `imapp.broker.asking`."""

    def ask(
        self, question: Kick | FindPassages, gateways: Collection[str], *, within_s: float
    ) -> list[InquiryAnswer]:
        """The answers that come in time; raises BrokerUnavailable."""


class LivingGateways:
    """The gateways whose leases live."""

    def __init__(self, gateways: GatewayStore, asker: Asker) -> None:
        self._gateways = gateways
        self._asker = asker

    def leases(self) -> list[str]:
        """Their names as the store has them."""
        return [lease.gateway for lease in self._gateways.leases().values() if lease.alive]

    def ask(self, question: Kick | FindPassages) -> tuple[list[InquiryAnswer], list[str]]:
        """Their answers, and the names of those that did not answer in time.

        Raises:
            BrokerUnavailable: they may not have been asked.
        """
        names = {plain(name) for name in self.leases()}
        answers = self._asker.ask(question, names, within_s=ANSWER_S)
        return answers, sorted(names - {answer.gateway for answer in answers})


def plain(name: str) -> str:
    """What a gateway or a connection calls itself; in the store its later leases have a number (`~2`)."""
    return _TERM.sub("", name)
