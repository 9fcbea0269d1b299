"""The settings: each declared once, read from the environment, checked, masked and documented."""

import ast
import re
import subprocess
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from imapp.cli import main
from imapp.cli.settings import settings_table, with_settings
from imapp.config import Config
from imapp.environment import load_config, unknown_variables
from imapp.errors import ConfigError
from imapp.settings import settings_of

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "configuration.md"
KEY: Final = "k" * 32
# A variable's name in any text; `IM_*` and `IM_LIMIT_*` speak of many.
VARIABLE: Final = re.compile(r"\bIM_[A-Z0-9_]*[A-Z0-9]\b(?!_?\*)")
MADE_UP: Final = {"tests/unit/test_settings.py"}


@pytest.fixture(autouse=True)
def _only_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for _, setting in settings_of(Config):
        monkeypatch.delenv(setting.variable, raising=False)
    monkeypatch.setenv("IM_JWT_KEY", KEY)
    monkeypatch.chdir(tmp_path)  # where `make run` has left no file


def test_every_setting_has_its_default_when_nothing_is_set() -> None:
    config = load_config()

    for field, setting in settings_of(Config):
        if field != "jwt_key":
            assert getattr(config, field) == setting.default, field


def test_every_default_is_one_that_could_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field, setting in settings_of(Config):
        if field != "jwt_key" and setting.default not in ("", ()):
            monkeypatch.setenv(setting.variable, setting.shown(setting.default).replace("***", "guest"))

    assert load_config() == Config(jwt_key=KEY)


def test_no_variable_stands_for_two_settings() -> None:
    names = [setting.variable for _, setting in settings_of(Config)]

    assert len(names) == len(set(names))


def test_the_settings_do_not_change_while_a_process_runs() -> None:
    config = load_config()

    with pytest.raises(FrozenInstanceError):
        config.shards = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IM_ENV", "staging"),
        ("IM_MONGO_URL", "http://db"),
        ("IM_NAMESPACE", "Im!"),
        ("IM_SHARDS", "0"),
        ("IM_SHARDS", "two"),
        ("IM_BIND", "8080"),
        ("IM_COMMAND_TIMEOUT_S", "0"),
        ("IM_COMMAND_TIMEOUT_S", "nan"),
        ("IM_LIMIT_SENDS", "20"),
        ("IM_LIMIT_SENDS", "20/0"),
        ("IM_LIMIT_SENDS", "0/20"),
        ("IM_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("IM_JWT_KEY", "short"),
        ("IM_SILENCE_S", "25"),
        ("IM_FAILPOINTS", "writer.stored=exit"),
    ],
)
def test_a_value_that_can_not_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigError, match=variable.removeprefix("IM_")):
        load_config()


def test_without_keys_for_tokens_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IM_JWT_KEY")

    with pytest.raises(ConfigError, match="IM_JWKS_URL"):
        load_config()


def test_a_list_is_read_without_blanks_and_empty_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IM_ALLOWED_ORIGINS", "https://a.example, https://b.example,")

    assert load_config().allowed_origins == ("https://a.example", "https://b.example")


def test_what_is_not_set_comes_from_the_file_of_make_run(tmp_path: Path) -> None:
    file = tmp_path / "imapp.env"
    file.write_text("IM_SHARDS=7\n")

    assert load_config(file).shards == 7


# ---- secrets


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IM_JWT_KEY", "hush" * 10),
        ("IM_MONGO_URL", "mongodb://imapp:hush@db1,db2/imapp?replicaSet=rs0"),
        ("IM_MONGO_URL", "mongodb://imapp:hu@sh@db1/imapp"),
        ("IM_MONGO_URL", "mongodb://db1/imapp?tls=true&tlsCertificateKeyFilePassword=hush"),
        ("IM_AMQP_URL", "amqp://imapp:hush@broker:5672/chat"),
    ],
)
def test_a_secret_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)

    shown = CliRunner().invoke(main, ["settings"])

    assert shown.exit_code == 0, shown.output
    assert f"{variable}=" in shown.output
    assert not re.search("hush|sh@", shown.output)
    assert "hush" not in repr(load_config())


def test_what_is_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IM_MONGO_URL", "mongodb://imapp:hush@db1,db2/imapp?replicaSet=rs0")
    monkeypatch.setenv("IM_SHARDS", "4")

    shown = CliRunner().invoke(main, ["settings"]).output

    assert "IM_MONGO_URL=mongodb://imapp:***@db1,db2/imapp?replicaSet=rs0  (set)" in shown
    assert "IM_SHARDS=4  (set)" in shown
    assert "IM_HEARTBEAT_S=25\n" in shown


def test_a_misspelt_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IM_SHARD", "4")

    assert "IM_SHARD" in unknown_variables()
    assert "IM_SHARD is set, but there is no such setting." in CliRunner().invoke(main, ["settings"]).stderr


# ---- documentation


def test_the_committed_table_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert with_settings(page) == page, "run `make settings` and commit docs/configuration.md"


def test_the_table_has_every_setting_with_its_meaning() -> None:
    table = settings_table()

    assert len(list(settings_of(Config))) == len(fields(Config))
    for _, setting in settings_of(Config):
        assert f"| `{setting.variable}` |" in table
        assert len(setting.meaning) > 10, setting.variable


def test_every_variable_that_is_named_anywhere_is_a_documented_setting() -> None:
    documented = set(VARIABLE.findall(PAGE.read_text(encoding="utf-8")))
    named = {
        (variable, path)
        for path in _committed()
        for variable in VARIABLE.findall((ROOT / path).read_text(encoding="utf-8", errors="replace"))
        if path not in MADE_UP
    }

    assert {(variable, path) for variable, path in named if variable not in documented} == set()


def test_nothing_but_the_settings_reads_the_environment() -> None:
    readers = {
        path
        for path in _committed()
        if re.match(r"(imapp|tasks|workers|schemas)/.*\.py|wsgi\.py", path)
        and any(map(_reads_environment, ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))))
    }

    assert readers == {"imapp/environment.py"}


def _reads_environment(node: ast.AST) -> bool:
    name: Any = getattr(node, "attr", getattr(node, "id", None))
    is_of_os = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    return is_of_os and name in {"environ", "getenv", "environb"}


def _committed() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file()]
