"""Settings that work and are unwise all the same."""

import pytest

from imapp.config import Config
from imapp.services.doctor.machine import machine_findings
from imapp.services.doctor.settings import settings_findings

MISSPELT = "IM_" + "SHADRS"
SAFE = {
    "jwks_url": "https://login.example.com/keys",
    "amqp_url": "amqps://imapp:pass@broker:5671/chat",
    "allowed_origins": ("https://chat.example.com",),
}


def levels(**changed: object) -> list[str]:
    config = Config(**{**SAFE, **changed})  # type: ignore[arg-type]  # each as its setting wants it
    return [finding.level for finding in settings_findings(config, [])]


def test_safe_settings_are_one_line() -> None:
    assert levels() == ["ok"]


@pytest.mark.parametrize(
    "changed",
    [
        {"environment": "development"},
        {"jwks_url": "http://login.example.com/keys"},
        {"jwks_url": "", "jwt_key": "k" * 32},
        {"allowed_origins": ("http://chat.example.com",)},
        {"amqp_url": "amqps://guest:guest@broker//"},
        {"amqp_url": "amqps://broker//"},
        {"amqp_url": "amqp://imapp:pass@broker//"},
        {"metrics_bind": "0.0.0.0:9101"},
    ],
)
def test_unwise_settings_are_warned_of(changed: dict[str, object]) -> None:
    assert levels(**changed) == ["warn"]


def test_guest_on_this_machine_is_fine() -> None:
    assert levels(amqp_url="amqp://guest:guest@127.0.0.1//", metrics_bind="127.0.0.1:9101") == ["ok"]


def test_a_misspelt_variable_is_named() -> None:
    (finding, *_) = settings_findings(Config(**SAFE), [MISSPELT])  # type: ignore[arg-type]  # as above

    assert (finding.level, finding.what) == ("warn", f"{MISSPELT} is no setting")


@pytest.mark.parametrize(("limit", "level"), [(1_024, "warn"), (65_536, "ok")])
def test_too_few_open_files_are_warned_of(limit: int, level: str) -> None:
    assert [finding.level for finding in machine_findings(limit)] == [level]
