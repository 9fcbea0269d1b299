"""Which checks there are, for the system that the settings describe."""

from collections.abc import Iterable

from imapp.broker.examination import BrokerExamination
from imapp.broker.topology import Topology
from imapp.config import Config
from imapp.services.doctor import Check
from imapp.services.doctor.archive import archive_findings
from imapp.services.doctor.broker import broker_findings
from imapp.services.doctor.machine import machine_findings
from imapp.services.doctor.settings import settings_findings
from imapp.services.doctor.store import store_findings
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.indices import Indices
from imapp.stores.generations import Generations
from imapp.stores.inspection import StoreInspection


def system_checks(config: Config, unknown: Iterable[str]) -> dict[str, Check]:
    """What `imapp doctor` looks at, by the name of the patient; connects to nothing yet.

    `unknown` are variables that look like settings and are none.
    """
    names = Topology(config.namespace, config.shards)
    unused = () if config.es_url else ("archive",)
    checks: dict[str, Check] = {
        "settings": lambda: settings_findings(config, unknown),
        "MongoDB": lambda: store_findings(StoreInspection(config.mongo_url)),
        "RabbitMQ": lambda: broker_findings(BrokerExamination(config.amqp_url, names), unused=unused),
        "this machine": machine_findings,
    }
    if config.es_url:
        client = ArchiveClient(config.es_url, read_s=config.search_timeout_s)
        indices = Indices(client, config.namespace, Generations)
        checks["Elasticsearch"] = lambda: archive_findings(client, indices)
    return checks
