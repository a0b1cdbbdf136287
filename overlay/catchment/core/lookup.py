"""Looking for a server's address and for credentials: the sources that every platform has, and their order.

A platform says what its profile may hold, which variables it reads and what stands for an address that nobody names;
what comes first, and that a local stack replaces everything on the machine, is the same for all.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar
from urllib.parse import urlsplit

from catchment.core.addresses import check_endpoint
from catchment.core.credentials import Chain, Declined, Explanation, Found, Resolved, Source, first_set
from catchment.core.given import CommonGiven
from catchment.core.profiles import Profile, Schema, Setting, load_profile
from catchment.core.secret import Secret

if TYPE_CHECKING:
    from catchment.core.inprocess import InProcessService

G = TypeVar("G", bound=CommonGiven[Any])
C = TypeVar("C")

ARGUMENTS: Final = "arguments"
ENVIRONMENT: Final = "environment variables"
LOCAL_STACK: Final = "the local stack"


@dataclass(frozen=True, slots=True)
class Address:
    """Say where a server is, and which source said so."""

    url: str
    source: str

    @property
    def host(self) -> str:
        """Host name alone."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Named:
    """
    Say which text a source has for the address, still unchecked.

    Args:
        text: As it stands there.
        source: How messages call the source.
        setting: How messages call the setting that holds it.
    """

    text: str
    source: str
    setting: str


class ServiceLookup(ABC, Generic[G, C]):
    """
    One look at everything that can say where a server is and who asks.

    Files are read when a source is asked that needs them, and once; make another one to look again.

    Args:
        given: What the caller said.
        environ: Instead of the process's environment.
        profiles: File of profiles; `None` for the user's, or the one that the environment names.
    """

    title: ClassVar[str]
    """Platform, as messages call it."""
    section: ClassVar[str]
    """Its name in profiles."""
    schema: ClassVar[Schema]
    """What `[profile.NAME.SECTION]` may hold; `endpoint` is the address."""
    stack: ClassVar[str]
    """Its name in a local stack."""
    base_path: ClassVar[str] = ""
    """What follows the endpoint that a local stack names."""
    argument: ClassVar[str] = "endpoint"
    """The argument that names the address."""
    variables: ClassVar[tuple[str, ...]] = ()
    """The variables that name it."""
    hint: ClassVar[str | None] = None
    """What to do where no source has credentials."""

    def __init__(self, given: G, environ: Mapping[str, str] | None = None, profiles: Path | None = None) -> None:
        self._given = given
        self._environ = os.environ if environ is None else environ
        self._profiles = profiles

    def credential(self) -> Resolved[C]:
        """
        Return the first hit.

        Raises:
            CredentialsNotFoundError: There is none.
            ConfigError: A source is broken.
        """
        return self._chain.resolve()

    def explain(self) -> Explanation:
        """Say how every source answers."""
        return self._chain.explain()

    def address(self) -> Address:
        """
        Return the base URL: of the local stack, or what arguments, profile or the platform's own sources name.

        Raises:
            ConfigError: No source names it, or what one names cannot be used.
        """
        local = self._local
        if local is not None:
            return Address(local.endpoint.rstrip("/") + self.base_path, LOCAL_STACK)
        named = self._named()
        if named is None:
            return self._default_address()
        return Address(self._checked(named.text, what=named.setting), named.source)

    # -- what a platform says ------------------------------------------------------------------------------------------

    def _named_elsewhere(self) -> Named | None:
        """Return the address that sources after the profile name."""
        named = self._variable(*self.variables)
        return None if named is None else Named(named[1], ENVIRONMENT, named[0])

    @abstractmethod
    def _default_address(self) -> Address:
        """Return the address where no source names one, or raise what says where to name it."""

    def _checked(self, text: str, *, what: str) -> str:
        """Return an address in normal form."""
        return check_endpoint(text, what=what)

    def _sources(self) -> Sequence[Source[C]]:
        """Return the sources of the machine, in order; with a local stack none is asked."""
        return [Source("profile", self._from_profile), Source(ENVIRONMENT, self._from_environment)]

    @abstractmethod
    def _from_profile(self) -> Found[C] | Declined:
        """Read the profile."""

    @abstractmethod
    def _from_environment(self) -> Found[C] | Declined:
        """Read the platform's own variables."""

    @abstractmethod
    def _from_stack(self, environment: Mapping[str, str]) -> Found[C] | Declined:
        """Read a local stack's variables."""

    def _default_sources(self) -> Sequence[Source[C]]:
        """Return what comes after everything else, with a local stack too."""
        return ()

    @abstractmethod
    def _shown(self, credential: C) -> Mapping[str, str]:
        """Return what `explain()` may show of a credential."""

    # -- sources -------------------------------------------------------------------------------------------------------

    @property
    def _chain(self) -> Chain[C]:
        sources = [Source(ARGUMENTS, self._from_arguments), *self._places(), *self._default_sources()]
        return Chain(self.title, sources, self.hint)

    def _places(self) -> Sequence[Source[C]]:
        local = self._local
        return self._sources() if local is None else [Source(LOCAL_STACK, lambda: self._from_stack(local.environment))]

    def _from_arguments(self) -> Found[C] | Declined:
        return self._found(self._given.credential, "none given")

    # -- answers -------------------------------------------------------------------------------------------------------

    def _found(self, credential: C | None, otherwise: str) -> Found[C] | Declined:
        return Declined(otherwise) if credential is None else Found(credential, self._shown(credential))

    def _found_in_profile(self, credential: C | None, title: str | None = None) -> Found[C] | Declined:
        missing = f"{self._profile_name} has none for {title or self.title}"
        return self._found(credential, "no profile named" if self._profile is None else missing)

    def _named(self) -> Named | None:
        if self._given.endpoint is not None:
            return Named(self._given.endpoint, ARGUMENTS, self.argument)
        text = self._text("endpoint")
        if text is not None:
            return Named(text, self._profile_name, f"endpoint in {self._profile_name}")
        return self._named_elsewhere()

    @property
    def _local(self) -> InProcessService | None:
        local = self._given.local
        return None if local is None else local.service(self.stack)

    def _variable(self, *names: str) -> tuple[str, str] | None:
        """Return the first of these variables that is set, with its name; with a local stack none is read."""
        return None if self._given.local is not None else first_set(self._environ, *names)

    # -- the profile ---------------------------------------------------------------------------------------------------

    @property
    def _uses_profiles(self) -> bool:
        return self._given.local is None

    @cached_property
    def _profile(self) -> Profile | None:
        if not self._uses_profiles:
            return None
        return load_profile(self._given.profile, environ=self._environ, path=self._profiles)

    @cached_property
    def _settings(self) -> Mapping[str, Setting]:
        """Settings of the profile; empty where there is none, or none for this platform."""
        return (self._profile.section(self.section, self.schema) if self._profile is not None else None) or {}

    @property
    def _profile_name(self) -> str:
        return "profile" if self._profile is None else f"profile {self._profile.name!r}"

    def _text(self, key: str) -> str | None:
        value = self._settings.get(key)
        return value if isinstance(value, str) and value else None

    def _secret(self, key: str) -> Secret | None:
        value = self._settings.get(key)
        return value if isinstance(value, Secret) and value else None
