"""Who asks: kinds of credentials, and the chain of sources in which they are looked for.

The chain knows no platform: a service declares its sources, first hit wins. Looking reads arguments, environment and
files; what must be asked over the network (a login, a cloud role) is found here only as a description of how to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Literal, TypeAlias, TypeVar

from catchment.core.errors import CatchmentError, ConfigError, CredentialsNotFoundError
from catchment.core.secret import Secret, mask

C = TypeVar("C")

EARLY = timedelta(seconds=300)
"""How long before its end a token is replaced."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """
    Name a key and hold its secret half.

    Args:
        access_key_id: Public half.
        secret_access_key: Secret half.
        session_token: Third part of temporary AWS credentials.
    """

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None = None

    def __repr__(self) -> str:
        return f"KeyPair({mask(self.access_key_id)})"


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password (HTTP basic authentication)."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Token:
    """
    Hold a token and its end.

    Args:
        value: The token.
        expires: Aware instant of its end; `None` when it has none that is known.
        issued: Aware instant of its begin, where known: a token that lives less than 10 minutes is replaced when half
            of its life is over, not 5 minutes before its end.
    """

    value: Secret
    expires: datetime | None = None
    issued: datetime | None = None

    def __post_init__(self) -> None:
        for name, instant in (("expires", self.expires), ("issued", self.issued)):
            if instant is not None and instant.tzinfo is None:
                raise ConfigError(f"{name} of a token has no time zone; give an aware instant")

    def is_expired(self, at: datetime) -> bool:
        """Say whether the server would refuse it at this aware instant."""
        return self.expires is not None and at >= self.expires

    @property
    def refresh_at(self) -> datetime | None:
        """Instant from which it is replaced, early enough that no request carries an expired one."""
        if self.expires is None:
            return None
        early = EARLY
        if self.issued is not None:
            early = min(early, (self.expires - self.issued) / 2)
        return self.expires - early

    def needs_refresh(self, at: datetime) -> bool:
        """Say whether to replace it now."""
        return self.refresh_at is not None and at >= self.refresh_at


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Ask without credentials, because the user said so."""


@dataclass(frozen=True, slots=True)
class Found(Generic[C]):
    """
    Say what a source had.

    Args:
        credential: What it had.
        shown: Setting to value, masked already, as `explain()` shows them.
    """

    credential: C
    shown: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Declined:
    """
    Say why a source has nothing.

    Args:
        reason: What is not there, such as `"LAKECTL_CREDENTIALS_ACCESS_KEY_ID is not set"`.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Source(Generic[C]):
    """
    Name one place to look in.

    Args:
        name: How messages call it, such as `"environment variables"`.
        load: Looks. Raises `ConfigError` for what is there and broken: half a credential, a named profile that is
            missing. Such an error ends the search; it is never skipped.
    """

    name: str
    load: Callable[[], Found[C] | Declined]


State: TypeAlias = Literal["found", "declined", "broken", "not reached"]


@dataclass(frozen=True, slots=True)
class Step:
    """Say how one source answered."""

    source: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    List every source in order and say which won; values are masked.

    Printing it gives the table that `explain()` is for.
    """

    subject: str
    steps: tuple[Step, ...]

    @property
    def winner(self) -> str | None:
        """Name of the source that won."""
        return next((step.source for step in self.steps if step.state == "found"), None)

    def __str__(self) -> str:
        width = max((len(step.source) for step in self.steps), default=0)
        head = f"{self.subject} credentials: {self._outcome()}"
        return "\n".join(
            [head]
            + [
                f"  {number}. {step.source:<{width}}  {step.state:<11}  {step.detail}".rstrip()
                for number, step in enumerate(self.steps, 1)
            ]
        )

    def _outcome(self) -> str:
        if self.winner is not None:
            return f"found in {self.winner}"
        broken = next((step.source for step in self.steps if step.state == "broken"), None)
        return "none found" if broken is None else f"{broken} cannot be used"


@dataclass(frozen=True, slots=True)
class Resolved(Generic[C]):
    """Say what was found, and where."""

    credential: C
    source: str


@dataclass(frozen=True, slots=True)
class Chain(Generic[C]):
    """
    Look for credentials in order.

    Nothing is read before `resolve` or `explain`, and nothing is kept: each call looks anew.

    Args:
        subject: Platform, as messages call it.
        sources: Where to look; first hit wins.
        hint: What to do when nothing is found.
    """

    subject: str
    sources: Sequence[Source[C]]
    hint: str | None = None

    def resolve(self) -> Resolved[C]:
        """
        Return the first hit.

        Raises:
            CredentialsNotFoundError: No source had any; lists each source and why it declined.
            ConfigError: A source is broken; sources after it are not asked.
        """
        declined: list[Step] = []
        for source in self.sources:
            answer = source.load()
            if isinstance(answer, Found):
                return Resolved(answer.credential, source.name)
            declined.append(Step(source.name, "declined", answer.reason))
        tried = "".join(f"\n  {step.source}: {step.detail}" for step in declined)
        raise CredentialsNotFoundError(
            f"no {self.subject} credentials found; tried{tried or ' nothing'}", hint=self.hint
        )

    def explain(self) -> Explanation:
        """Say how every source answers; raises nothing for broken ones."""
        steps: list[Step] = []
        ended = False
        for source in self.sources:
            step = Step(source.name, "not reached", "") if ended else _ask(source)
            ended = ended or step.state in {"found", "broken"}
            steps.append(step)
        return Explanation(self.subject, tuple(steps))


def key_pair(
    values: Mapping[str, str | Secret | None], identifier: str, secret: str, *, where: str
) -> Found[KeyPair] | Declined:
    """
    Read a key pair out of named settings.

    Args:
        values: Setting to value; absent, `None` and empty all mean not set.
        identifier: Setting of the public half.
        secret: Setting of the secret half.
        where: How messages call the place, such as `"profile 'dev' in config.toml"`.

    Raises:
        ConfigError: Only one half is set.
    """
    first, second = values.get(identifier), values.get(secret)
    if not first and not second:
        return Declined(f"{identifier} and {secret} are not set")
    if not first or not second:
        present, missing = (identifier, secret) if first else (secret, identifier)
        raise half_credential(present, missing, where=where)
    name = first.reveal() if isinstance(first, Secret) else first
    pair = KeyPair(name, Secret.of(second))
    return Found(pair, {identifier: mask(name), secret: mask(pair.secret_access_key)})


def half_credential(present: str, missing: str, *, where: str) -> ConfigError:
    """Return what is raised for half a credential; `present` and `missing` are settings, as messages call them."""
    return ConfigError(
        f"{where}: {present} is set, {missing} is not",
        hint=f"set {missing} too, or remove {present}: half a credential is never skipped",
    )


def first_set(values: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    """Return the first of these settings that is set and not empty, with its name."""
    return next(((name, values[name]) for name in names if values.get(name)), None)


def _ask(source: Source[C]) -> Step:
    try:
        answer = source.load()
    except CatchmentError as exc:
        return Step(source.name, "broken", str(exc))
    if isinstance(answer, Declined):
        return Step(source.name, "declined", answer.reason)
    return Step(source.name, "found", ", ".join(f"{name}={value}" for name, value in answer.shown.items()))
