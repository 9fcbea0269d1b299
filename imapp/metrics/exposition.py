"""`/metrics` of one process, on an address of its own: it must be reachable without being public."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from imapp.logs import get_log
from imapp.metrics import SERIES
from imapp.metrics.instruments import Histogram, Number, Series

log: Final = get_log("metrics")


class SeriesCollector(Collector):
    """Turns the numbers of one role into what prometheus_client writes out."""

    def __init__(self, role: str, series: Iterable[Series] = SERIES) -> None:
        self._series = [one for one in series if role in one.roles]

    def collect(self) -> Iterator[Metric]:
        """All series as they stand now."""
        for series in self._series:
            yield _family(series)


def make_registry(role: str) -> CollectorRegistry:
    """What a process with this role shows: its own series, memory, processor time, open files."""
    registry = CollectorRegistry()
    registry.register(SeriesCollector(role))
    ProcessCollector(registry=registry)
    return registry


def serve_metrics(bind: str, role: str) -> None:
    """Answer Prometheus at `bind` (host:port) from a thread of this process; nothing if it is empty.

    A port that is taken is logged and otherwise ignored: the chat is worth more than its figures.
    """
    if not bind:
        return
    host, _, port = bind.rpartition(":")
    try:
        start_http_server(int(port), addr=host.strip("[]"), registry=make_registry(role))
    except OSError as error:
        log.warning("metrics_not_served", bind=bind, error=str(error))
    else:
        log.info("metrics_served", bind=bind)


def _family(series: Series) -> Metric:
    instrument = series.instrument
    if isinstance(instrument, Histogram):
        return _histogram(series, instrument.copy())
    kind = CounterMetricFamily if series.is_counter else GaugeMetricFamily
    if isinstance(instrument, Number):
        return kind(series.name, series.text, value=instrument.value)
    family = kind(series.name, series.text, labels=[series.label])
    for label, value in sorted(instrument.copy().items()):
        family.add_metric([label], value)
    return family


def _histogram(series: Series, seen: Histogram) -> Metric:
    bounds = [*(str(bound) for bound in seen.bounds), "+Inf"]
    buckets = list(zip(bounds, itertools.accumulate(seen.counts), strict=True))
    return HistogramMetricFamily(series.name, series.text, buckets=buckets, sum_value=seen.sum)
