"""What one setting is: its variable, default, check, unit and text, in one place; and how all are read.

`imapp.config` declares the settings with the functions below, as fields of one dataclass. The table in
`docs/configuration.md` and what `imapp settings` prints are made from the same declarations.
Those functions give a dataclass field, which is typed as `dataclasses.field` is: as whatever it stands for.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from environs import Env, EnvError, EnvValidationError, validate

from imapp.errors import ConfigError

PREFIX: Final = "IM_"
MASK: Final = "***"

_PASSWORD: Final = re.compile(r"(?<=://)([^/@:]*):[^/]*@")
_OPTION: Final = re.compile(r"(?<=[?&])(\w+)=[^&]*")
_PLAIN_OPTIONS: Final = frozenset({"authSource", "directConnection", "replicaSet", "tls"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One environment variable and everything that is to be known about it."""

    name: str
    kind: str  # of environs: str, int, float, bool, list
    default: Any
    meaning: str
    unit: str = ""
    allowed: str = ""
    check: Callable[[Any], Any] | None = None
    secret: bool = False
    section: str = ""  # the heading above it; empty: that of the setting before

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name

    def read(self, env: Env) -> Any:
        """Its value in an environment.

        Raises:
            EnvError, EnvValidationError: it can't be used.
        """
        value = getattr(env, self.kind)(self.name, self.default, validate=self.check)
        return tuple(part for item in value if (part := item.strip())) if self.kind == "list" else value

    def shown(self, value: Any) -> str:
        """A value as people may see it: without secrets, and without the passwords of addresses."""
        if self.kind == "list":
            return ",".join(value)
        if self.kind == "bool":
            return str(value).lower()
        if self.secret and value:
            return MASK
        return _OPTION.sub(_masked_option, _PASSWORD.sub(rf"\1:{MASK}@", str(value)))


def text(
    name: str,
    default: str,
    *,
    meaning: str,
    allowed: str = "",
    pattern: str | None = None,
    one_of: Iterable[str] = (),
    **more: Any,
) -> Any:
    """A setting of any text, or of what a pattern (with its description) or a list allows."""
    choices = tuple(one_of)
    check: Any = validate.Regexp(pattern) if pattern else validate.OneOf(choices) if choices else None
    allowed = allowed or ", ".join(f"`{choice}`" for choice in choices)
    return _field(
        Setting(name=name, kind="str", default=default, meaning=meaning, allowed=allowed, check=check, **more)
    )


def texts(name: str, *, meaning: str, default: tuple[str, ...] = (), **more: Any) -> Any:
    """A setting of several texts, with commas between."""
    return _field(Setting(name=name, kind="list", default=default, meaning=meaning, **more))


def number(name: str, default: int, *, meaning: str, least: int = 0, most: int, **more: Any) -> Any:
    """A setting of a whole number."""
    check, allowed = validate.Range(least, most), f"{least} to {most}"
    return _field(
        Setting(name=name, kind="int", default=default, meaning=meaning, check=check, allowed=allowed, **more)
    )


def amount(name: str, default: float, *, meaning: str, least: float = 0, most: float, **more: Any) -> Any:
    """A setting of any number."""
    check, allowed = validate.Range(least, most), f"{least:g} to {most:g}"
    return _field(
        Setting(
            name=name, kind="float", default=default, meaning=meaning, check=check, allowed=allowed, **more
        )
    )


def seconds(name: str, default: float, *, meaning: str, **more: Any) -> Any:
    """A setting of a time, of at most an hour unless `most` says otherwise."""
    return amount(name, default, meaning=meaning, **{"least": 0.05, "most": 3_600, "unit": "s", **more})


def rate(name: str, default: str, *, meaning: str, **more: Any) -> Any:
    """A setting of how often something may happen: `RATE/BURST`, or `0` for no limit."""
    pattern = r"^(0|(0*[1-9]\d{0,6}(\.\d{1,3})?|0\.\d{0,2}[1-9])/0*[1-9]\d{0,6})\Z"
    return text(name, default, meaning=meaning, pattern=pattern, allowed="`PER_SECOND/AT_ONCE`, `0`", **more)


def switch(name: str, default: bool, *, meaning: str, **more: Any) -> Any:
    """A setting that is on or off."""
    return _field(
        Setting(name=name, kind="bool", default=default, meaning=meaning, allowed="`true`, `false`", **more)
    )


def settings_of(kind: type) -> Iterator[tuple[str, Setting]]:
    """The settings that a dataclass declares, with the names of its fields.

    Raises:
        TypeError: a field of it is no setting, so that nobody could set it.
    """
    for field in dataclasses.fields(kind):
        if "setting" not in field.metadata:
            raise TypeError(f"{kind.__name__}.{field.name} is not declared as a setting")
        yield field.name, field.metadata["setting"]


def read_settings(kind: type, env: Env) -> dict[str, Any]:
    """The value of every setting that a dataclass declares, by field.

    Raises:
        ConfigError: one can't be used; the text names it.
    """
    values = {}
    for field, setting in settings_of(kind):
        try:
            values[field] = setting.read(env)
        except (EnvError, EnvValidationError) as error:
            raise ConfigError(str(error)) from error
    return values


def _field(setting: Setting) -> Any:
    # A secret must not reach a log by way of the object that holds it.
    return dataclasses.field(
        default=setting.default,
        repr=not setting.secret and "://" not in str(setting.default),
        metadata={"setting": setting},
    )


def _masked_option(found: re.Match[str]) -> str:
    return found.group() if found.group(1) in _PLAIN_OPTIONS else f"{found.group(1)}={MASK}"
