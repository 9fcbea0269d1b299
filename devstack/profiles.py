"""Which sets of services there are, and where each keeps its data."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".data"
"""Everything that is stored outside of git and the virtual environment."""

VENV = ROOT / ".venv"
ELASTICSEARCH = VENV / "elasticsearch"
"""The server's program files, which all profiles share."""


@dataclass(frozen=True)
class Profile:
    """One independent set of services with a data folder and ports of its own."""

    name: str
    mongo_port: int
    """Preferred; the next free one is taken if somebody else has it. Likewise the other ports."""
    amqp_port: int
    es_port: int
    keeps_data: bool = False
    """Whether what is stored outlives the services."""

    @property
    def folder(self) -> Path:
        """The data folder; it may not exist yet."""
        return DATA / self.name


RUN = Profile("run", mongo_port=27117, amqp_port=5772, es_port=9210, keeps_data=True)
TEST = Profile("test", mongo_port=27217, amqp_port=5872, es_port=9220)
BENCH = Profile("bench", mongo_port=27317, amqp_port=5972, es_port=9230)

PROFILES = {profile.name: profile for profile in (RUN, TEST, BENCH)}
