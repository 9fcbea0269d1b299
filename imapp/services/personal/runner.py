"""Carries out personal writes and answers them, one message of the fanout a task."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from imapp.errors import RequestError
from imapp.services.outgoing.outlet import Outlet
from imapp.services.poison import PoisonRule
from schemas.errors import ErrorCode
from schemas.tasks import AnyPersonalWrite, Notice, PersonalAnswer, PersonalBatch

_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a personal write did: the body of its answer, and who is to be told what."""

    body: msgspec.Struct
    notices: list[Notice]


Handler = Callable[[Any], Outcome]
"""Carries out one kind of personal write; raises RequestError where it may not be."""


class PersonalRunner:
    """Runs batches of personal writes. Owned by one thread."""

    def __init__(
        self, handlers: Mapping[type[AnyPersonalWrite], Handler], *, outlet: Outlet, rule: PoisonRule
    ) -> None:
        self._handlers = handlers
        self._outlet = outlet
        self._rule = rule

    def run(self, batch: PersonalBatch, task_id: str, *, redelivered: bool) -> None:
        """Return when all of it is stored and told, or set aside; then the task may be acknowledged."""
        self._rule.run(task_id, batch.writes, self._do, redelivered=redelivered, aside=self._give_up)

    def _do(self, writes: Sequence[AnyPersonalWrite], _: str) -> None:
        notices: list[Notice] = []
        answers = [self._answer(write, notices) for write in writes]
        self._outlet.notify(notices, answers)

    def _answer(self, write: AnyPersonalWrite, notices: list[Notice]) -> PersonalAnswer:
        try:
            outcome = self._handlers[type(write)](write)
        except RequestError as error:
            return PersonalAnswer(
                request_id=write.request_id,
                code=error.code.value,
                data=error.errors or {},
                retry_after=error.retry_after,
            )
        notices += outcome.notices
        return PersonalAnswer(request_id=write.request_id, body=_ENCODER.encode(outcome.body))

    def _give_up(self, write: AnyPersonalWrite) -> None:
        answer = PersonalAnswer(request_id=write.request_id, code=ErrorCode.INTERNAL.value)
        self._outlet.notify([], [answer])
