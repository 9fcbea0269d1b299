"""What `deploy/` says is what the Procfile, the settings and the gateway say."""

import re
from pathlib import Path
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

from imapp.config import Config
from imapp.settings import settings_of
from schemas.common import MAX_FRAME_BYTES

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
DOCKERFILE: Final = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
NGINX: Final = re.sub(r"#.*", "", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))
PROCFILE: Final = dict(
    line.split(": ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() if line
)
DEFAULTS: Final = {setting.variable: setting.default for _, setting in settings_of(Config)}


def seconds(directive: str) -> list[int]:
    return [int(found) for found in re.findall(rf"{directive} (\d+)s;", NGINX)]


def test_every_line_of_the_procfile_is_a_service_with_its_command() -> None:
    ours = {name: service["command"] for name, service in SERVICES.items() if service["image"] == "imapp"}

    assert ours == PROCFILE


def test_every_variable_of_the_services_is_a_setting() -> None:
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}

    assert {name for name in given if name.startswith("IM_")} <= DEFAULTS.keys()
    assert {SERVICES[name]["environment"]["IM_ENV"] for name in PROCFILE} == {"production"}


def test_there_is_a_writer_for_every_shard() -> None:
    shards = int(SERVICES["gateway"]["environment"]["IM_SHARDS"])
    served = {int(found) for found in re.findall(r"messages\.(\d+)", str(SERVICES))}

    assert served == set(range(shards))


def test_nothing_but_the_proxy_is_reachable_and_that_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert list(published) == ["nginx"]
    assert all(port.startswith("127.0.0.1:") for port in published["nginx"])


def test_every_image_has_a_version_and_every_server_keeps_its_data() -> None:
    others = {name: service for name, service in SERVICES.items() if service["image"] != "imapp"}

    assert all(re.search(r":\d+\.\d+\.\d+$", service["image"]) for service in others.values())
    assert {name for name, service in others.items() if "healthcheck" in service} == set(COMPOSE["volumes"])


def test_no_secret_is_written_into_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if "KEY" in name or "PASS" in name:
                assert str(value).startswith("${"), name


def test_a_process_has_time_to_drain() -> None:
    gunicorn = (ROOT / "workers" / "gunicorn.conf.py").read_text(encoding="utf-8")
    found = re.search(r"^graceful_timeout = (\d+)", gunicorn, re.MULTILINE)
    assert found is not None

    for name in PROCFILE:
        assert int(SERVICES[name]["stop_grace_period"].rstrip("s")) > int(found.group(1))


# ---- the image


def test_the_image_is_pinned_and_runs_as_nobody_in_particular() -> None:
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert len(stages) == 2
    assert all(re.search(r":\d+\.\d+\.\d+-", stage) for stage in stages)
    assert re.findall(r"^USER (.+)", DOCKERFILE, re.MULTILINE) == ["imapp"]
    assert "-c constraints.txt" in DOCKERFILE
    assert "/api/v1/health/ready" in DOCKERFILE
    assert not re.search(r"IM_\w*(KEY|URL)", DOCKERFILE)


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    allowed = set(re.findall(r"^!(\S+)", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE))
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for name in line.split()
    }

    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


# ---- the proxy


def test_an_idle_socket_outlives_the_proxys_patience() -> None:
    assert min(seconds("proxy_read_timeout")) > DEFAULTS["IM_COMMAND_TIMEOUT_S"]
    assert max(seconds("proxy_read_timeout")) > 2 * DEFAULTS["IM_HEARTBEAT_S"]
    assert "proxy_buffering off;" in NGINX


def test_the_proxy_passes_on_what_the_gateway_looks_at() -> None:
    headers = dict(re.findall(r"proxy_set_header (\S+) (\S+);", NGINX))

    assert headers["Host"] == "$http_host"
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["Upgrade"] == "$http_upgrade"
    assert headers["Connection"] == "$connection_upgrade"
    # nginx takes none from outside as soon as a location has one of its own.
    for location in re.findall(r"location [^{]+\{([^}]*)\}", NGINX):
        assert "proxy_set_header" not in location


def test_the_proxy_takes_no_larger_bodies_and_logs_no_token() -> None:
    (size,) = re.findall(r"client_max_body_size (\d+)k;", NGINX)
    (log_format,) = re.findall(r"log_format imapp ([^;]+);", NGINX)

    assert int(size) * 1024 == MAX_FRAME_BYTES
    assert not re.search(r"\$(request\b|args|query_string|request_uri|http_|is_args)", log_format)


def test_the_gateway_trusts_the_network_that_the_proxy_is_in() -> None:
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]

    assert SERVICES["gateway"]["environment"]["IM_TRUSTED_PROXIES"] == network["subnet"]
