"""Named sets of settings in the user's configuration file.

    [profile.dev.lakefs]
    endpoint = "https://lakefs.example.com"
    access_key_id = "AKIA..."
    secret_access_key = "..."

The file is `config.toml` in the user's configuration folder, or where `CATCHMENT_CONFIG` points. A profile is named by
argument or by `CATCHMENT_PROFILE`; without a name it is `default`, if there is one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from catchment.core import log
from catchment.core.errors import ConfigError
from catchment.core.secret import Secret
from catchment.core.textfile import is_exposed, read_text

CONFIG_VARIABLE = "CATCHMENT_CONFIG"
PROFILE_VARIABLE = "CATCHMENT_PROFILE"
DEFAULT_PROFILE = "default"

Setting: TypeAlias = "str | int | float | bool | Secret"
Kind: TypeAlias = "type[str | int | float | bool | Secret]"
Schema: TypeAlias = Mapping[str, Kind]
"""Key to type, of the settings that a service knows. `Secret` marks text that must not show."""
Tables: TypeAlias = "dict[str, object]"

_WARNED: set[str] = set()


@dataclass(frozen=True, slots=True)
class Profile:
    """
    Hold the settings of one name, still unchecked: a service checks its own section when it asks for it.

    Args:
        name: As in `[profile.NAME...]`.
        path: The file that it stands in.
    """

    name: str
    path: Path
    _sections: Mapping[str, Tables]

    def __reduce__(self) -> tuple[object, ...]:
        # A pickle carries the reference; the far side reads its own file.
        return (_reload, (self.name, self.path))

    def __repr__(self) -> str:
        return f"<Profile {self.name!r} of {self.path}: {', '.join(self._sections) or 'empty'}>"

    @property
    def sections(self) -> tuple[str, ...]:
        """Services that it has settings for."""
        return tuple(self._sections)

    def section(self, service: str, schema: Schema) -> dict[str, Setting] | None:
        """
        Return the settings of one service.

        Warns once a file, through the log, when it holds secrets that other users of the machine may read.

        Args:
            service: Such as `"lakefs"`.
            schema: What the service knows.

        Returns:
            Settings by key, `Secret` where the schema says so; `None` where the profile has none for this service.

        Raises:
            ConfigError: An unknown key, a value of another type, or a section whose name is almost this service's.
        """
        table = self._sections.get(service)
        if table is None:
            near = _nearest(service, self._sections, likeness=0.8)
            if near is not None:
                raise ConfigError(f"{self._place(near)}: unknown section; did you mean {service!r}?")
            return None
        settings = {key: self._setting(service, key, value, schema) for key, value in table.items()}
        if any(isinstance(value, Secret) for value in settings.values()):
            _warn_if_exposed(self.path)
        return settings

    def _setting(self, service: str, key: str, value: object, schema: Schema) -> Setting:
        kind = schema.get(key)
        if kind is None:
            near = _nearest(key, schema)
            known = f"did you mean {near!r}?" if near else f"known keys: {', '.join(sorted(schema))}"
            raise ConfigError(f"{self._place(service)}: unknown key {key!r}; {known}")
        setting = _convert(value, kind)
        if setting is None:
            # The value stays out of the message: it may be a secret under the wrong key or in the wrong form.
            wanted = "text in quotes" if kind in {str, Secret} else kind.__name__
            given = "text" if isinstance(value, Secret) else type(value).__name__
            raise ConfigError(f"{self._place(service)}: {key} must be {wanted}, not {given}")
        return setting

    def _place(self, section: str) -> str:
        return f"{self.path} [profile.{self.name}.{section}]"


def config_path(environ: Mapping[str, str]) -> Path:
    """Return where the configuration file is; it need not exist."""
    override = environ.get(CONFIG_VARIABLE)
    if override:
        return Path(override).expanduser()
    from platformdirs import user_config_path

    return user_config_path("catchment", appauthor=False) / "config.toml"


def load_profile(
    name: str | None = None, *, environ: Mapping[str, str] | None = None, path: Path | None = None
) -> Profile | None:
    """
    Read the profile that is asked for.

    Args:
        name: Profile; `None` takes `CATCHMENT_PROFILE`, or else `default`, which may be missing.
        environ: Instead of the process's environment.
        path: Instead of the user's file.

    Returns:
        The profile; `None` when none was named and there is no default one.

    Raises:
        ConfigError: The file is broken, or a profile that was named is not in it.
    """
    environ = os.environ if environ is None else environ
    asked = name or environ.get(PROFILE_VARIABLE) or None
    named = path is not None or bool(environ.get(CONFIG_VARIABLE))
    path = config_path(environ) if path is None else path
    profiles = _load(path)
    if profiles is None:
        if asked is None and not named:
            return None
        raise ConfigError(f"{path}: no such file", hint=_origin(name, environ))
    found = profiles.get(asked or DEFAULT_PROFILE)
    if found is not None:
        return Profile(asked or DEFAULT_PROFILE, path, found)
    if asked is None:
        return None
    near = _nearest(asked, profiles)
    known = f"did you mean {near!r}?" if near else f"profiles: {', '.join(sorted(profiles)) or 'none'}"
    raise ConfigError(f"{path}: no profile {asked!r}; {known}", hint=_origin(name, environ))


def _origin(name: str | None, environ: Mapping[str, str]) -> str:
    if name:
        return f"the profile {name!r} was asked for by argument"
    if environ.get(PROFILE_VARIABLE):
        return f"the profile was asked for by {PROFILE_VARIABLE}"
    if environ.get(CONFIG_VARIABLE):
        return f"the file was asked for by {CONFIG_VARIABLE}"
    return "the file was asked for by argument"


def _reload(name: str, path: Path) -> Profile | None:
    return load_profile(name, path=path)


def _load(path: Path) -> dict[str, dict[str, Tables]] | None:
    text = read_text(path)
    if text is None:
        return None
    document = _parse(text)
    if isinstance(document, str):
        raise ConfigError(f"{path}: is no TOML: {document}")
    for key in document:
        if key != "profile":
            raise ConfigError(f"{path}: unknown key {key!r}; settings stand in [profile.NAME.SERVICE]")
    profiles = _tables(document.get("profile", {}), path, "profile")
    return {name: _sections(name, sections, path) for name, sections in profiles.items()}


def _parse(text: Secret) -> Tables | str:
    """Return the document with every text wrapped, so that no frame that raises holds one in clear; or the problem."""
    import tomllib

    try:
        return cast("Tables", _wrap(tomllib.loads(text.reveal())))
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        return str(exc)


def _wrap(value: object) -> object:
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, dict):
        return {key: _wrap(item) for key, item in cast("Tables", value).items()}
    if isinstance(value, list):
        return [_wrap(item) for item in cast("list[object]", value)]
    return value


def _sections(name: str, sections: object, path: Path) -> dict[str, Tables]:
    place = f"profile.{name}"
    return {
        service: _tables(settings, path, f"{place}.{service}")
        for service, settings in _tables(sections, path, place).items()
    }


def _tables(value: object, path: Path, place: str) -> Tables:
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: {place} must be a table; settings stand in [profile.NAME.SERVICE]")
    return cast("Tables", value)


def _convert(value: object, kind: Kind) -> Setting | None:
    """Return the value as this type, or `None` if it is of another."""
    if isinstance(value, Secret):
        return value if kind is Secret else value.reveal() if kind is str else None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value if type(value) is kind else None


def _nearest(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(known), n=1, cutoff=likeness)), None)


def _warn_if_exposed(path: Path) -> None:
    key = str(path)
    if key not in _WARNED and is_exposed(path):
        _WARNED.add(key)
        log.warn(f"{path} holds secrets and other users of this machine can read it: chmod 600 it")
