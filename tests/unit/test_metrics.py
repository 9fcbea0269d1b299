"""The numbers are those that were counted, and each process shows those of its role."""

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from imapp.metrics.exposition import SeriesCollector, make_registry
from imapp.metrics.instruments import ByLabel, Histogram, Number, Series

GATEWAY = frozenset({"gateway"})


def shown(
    instrument: Number | ByLabel | Histogram, name: str = "imapp_things", label: str = ""
) -> dict[str, float]:
    """The samples of one series: name and labels, value."""
    (family,) = SeriesCollector("gateway", [Series(name, "Things.", GATEWAY, instrument, label)]).collect()
    return {
        sample.name + "".join(f"{{{key}={value}}}" for key, value in sample.labels.items()): sample.value
        for sample in family.samples
    }


def test_a_number_is_shown_as_it_stands() -> None:
    things = Number()
    things.value += 2

    assert shown(things) == {"imapp_things": 2}
    assert shown(things, "imapp_things_total") == {"imapp_things_total": 2}


def test_each_value_of_a_label_is_counted_on_its_own() -> None:
    things = ByLabel()
    things["send"] += 2
    things["read"] += 1

    assert shown(things, "imapp_things_total", "type") == {
        "imapp_things_total{type=read}": 1,
        "imapp_things_total{type=send}": 2,
    }


def test_a_histogram_counts_up_to_each_bound_that_one_included() -> None:
    sizes = Histogram((1.0, 5.0))
    sizes.observe(1)
    sizes.observe(2, times=3)
    sizes.observe(9)

    assert shown(sizes) == {
        "imapp_things_bucket{le=1.0}": 1,
        "imapp_things_bucket{le=5.0}": 4,
        "imapp_things_bucket{le=+Inf}": 5,
        "imapp_things_count": 5,
        "imapp_things_sum": 16,
    }


def test_a_process_shows_the_series_of_its_role_and_what_it_costs() -> None:
    text = generate_latest(make_registry("writer")).decode()
    names = {family.name for family in text_string_to_metric_families(text)}

    assert {"imapp_log_conflicts", "imapp_batch_commands", "process_resident_memory_bytes"} <= names
    assert "imapp_connections" not in names
