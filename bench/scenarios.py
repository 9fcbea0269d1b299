"""What is loaded onto a system, and what comes out of it."""

from typing import Any

from msgspec import Struct

from tests.support.tokens import JWT_KEY

TEXT = "hello world, this is a typical chat message of eighty bytes or thereabouts ok"


class Scenario(Struct, frozen=True, kw_only=True):
    """One load. `kind` is `pairs` (everybody sends), `group` (one sends, all see) or `idle` (nobody sends).

    `size` counts the pairs, the members or the connections; `window` is how many sends one connection has
    unanswered at once. With `rate` sends are offered at that many per second in all, whatever is unanswered,
    and latency counts from when they were due. With `reads` everybody also reads what he has received.
    """

    kind: str
    size: int
    window: int = 1
    rate: int = 0
    reads: bool = False
    seconds: float = 10.0
    warm_up_s: float = 3.0

    @property
    def title(self) -> str:
        """Names it in tables."""
        if self.kind == "idle":
            return f"{self.size} idle connections"
        people = f"{self.size} pairs" if self.kind == "pairs" else f"group of {self.size}"
        pace = f"{self.rate}/s offered" if self.rate else f"window {self.window}"
        return f"{people}, {pace}{', all read' if self.reads else ''}"


class Order(Struct, frozen=True, kw_only=True):
    """What a generator process is told to do."""

    scenario: Scenario
    dialect: str
    url: str
    mongo_url: str
    jwt_key: str = JWT_KEY


class Outcome(Struct, kw_only=True):
    """What a generator process found."""

    sends_per_s: float = 0.0
    deliveries_per_s: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0
    refused: int = 0
    disconnected: int = 0
    summary: str = ""
    details: str = ""
    clean: bool = True


class Signal(Struct, kw_only=True):
    """A line that a generator process prints: `begin` and `end` of the counted time, and its `outcome`."""

    phase: str
    outcome: Outcome | None = None


class Result(Struct, kw_only=True):
    """One run of a scenario on a system. CPU is in cores (seconds per second), memory in KiB.

    `memory_kib` is what was added since before the first connection, `resident_kib` what each process held
    when the counted time began and when it ended. `writes_per_send` counts MongoDB's inserts, updates and
    deletes of any kind by anybody. The roles are `gateway`, `workers`, `mongod`, `rabbitmq`, `generator`,
    and for CPU `others`: whoever else was busy on the machine, with what its host took from it.
    """

    system: str
    scenario: Scenario
    outcome: Outcome
    seconds: float
    cpu: dict[str, float]
    memory_kib: dict[str, float]
    resident_kib: dict[str, tuple[float, float]]
    writes_per_send: float

    def figures(self) -> dict[str, Any]:
        """What a table shows of it."""
        servers = sum(cores for role, cores in self.cpu.items() if role not in ("generator", "others"))
        gateway = self.cpu.get("gateway", 0.0)
        return {
            "sends_per_s": self.outcome.sends_per_s,
            "deliveries_per_s": self.outcome.deliveries_per_s,
            "p50_ms": self.outcome.p50_ms,
            "p99_ms": self.outcome.p99_ms,
            "sends_per_server_cpu_s": self.outcome.sends_per_s / servers if servers else 0.0,
            "deliveries_per_gateway_cpu_s": self.outcome.deliveries_per_s / gateway if gateway else 0.0,
        }
