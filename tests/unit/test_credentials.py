from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from catchment.core.credentials import (
    Anonymous,
    Chain,
    Declined,
    Found,
    KeyPair,
    Source,
    Token,
    first_set,
    key_pair,
)
from catchment.core.errors import ConfigError, CredentialsNotFoundError
from catchment.core.secret import Secret

CANARY = "canary-7f3a"
PAIR = KeyPair("AKIAIOSFODNN7EXAMPLE", Secret(CANARY))
NOW = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)


def declines(name: str) -> Source[KeyPair]:
    """Make a source that has nothing."""
    return Source(name, lambda: Declined(f"{name} is empty"))


def finds(name: str) -> Source[KeyPair]:
    """Make a source that has a pair."""
    values = {"id": PAIR.access_key_id, "secret": CANARY}
    return Source(name, lambda: key_pair(values, "id", "secret", where=name))


def breaks(name: str) -> Source[KeyPair]:
    """Make a source with half a pair."""
    return Source(name, lambda: key_pair({"id": PAIR.access_key_id}, "id", "secret", where=name))


def never(name: str) -> Source[KeyPair]:
    """Make a source that must not be asked."""
    return Source(name, lambda: pytest.fail(f"{name} was asked"))


def test_the_first_hit_wins_and_later_sources_are_not_asked() -> None:
    """Precedence is the order of the chain."""
    found = Chain("lakefs", [declines("arguments"), finds("environment"), never("file")]).resolve()
    assert (found.credential, found.source) == (PAIR, "environment")


def test_nothing_is_read_before_it_is_needed() -> None:
    """Building a chain asks no source."""
    Chain("lakefs", [never("file")])


def test_every_resolution_looks_anew() -> None:
    """Credentials that appear later are found later."""
    answers: list[Found[KeyPair] | Declined] = [Declined("not yet"), Found(PAIR)]
    chain = Chain("lakefs", [Source("file", lambda: answers.pop(0))])
    with pytest.raises(CredentialsNotFoundError):
        chain.resolve()
    assert chain.resolve().credential == PAIR


def test_nothing_found_lists_every_source() -> None:
    """The message says where was looked and why each had nothing."""
    with pytest.raises(CredentialsNotFoundError) as caught:
        Chain("lakefs", [declines("arguments"), declines("file")], hint="run `lakectl config`").resolve()
    assert caught.value.message == (
        "no lakefs credentials found; tried\n  arguments: arguments is empty\n  file: file is empty"
    )
    assert caught.value.hint == "run `lakectl config`"


def test_a_broken_source_ends_the_search() -> None:
    """Half a credential is never skipped in favour of a later source, which may be someone else."""
    with pytest.raises(ConfigError, match="environment: id is set, secret is not"):
        Chain("lakefs", [breaks("environment"), never("file")]).resolve()


def test_explain_lists_every_source_masked() -> None:
    """One line a source: what it answered, and that later ones were not reached."""
    explanation = Chain("lakefs", [declines("arguments"), finds("environment"), never("file")]).explain()
    assert explanation.winner == "environment"
    assert str(explanation) == (
        "lakefs credentials: found in environment\n"
        "  1. arguments    declined     arguments is empty\n"
        "  2. environment  found        id=AKIA***, secret=***\n"
        "  3. file         not reached"
    )
    assert CANARY not in repr(explanation)


def test_explain_shows_what_is_broken_instead_of_raising() -> None:
    """It is the tool for finding out what is wrong."""
    explanation = Chain("lakefs", [breaks("environment"), never("file")]).explain()
    assert [step.state for step in explanation.steps] == ["broken", "not reached"]
    assert explanation.winner is None
    assert "environment cannot be used" in str(explanation)


def test_explain_says_when_nothing_was_found() -> None:
    """No winner is said in words too."""
    assert str(Chain("lakefs", [declines("file")]).explain()).startswith("lakefs credentials: none found\n")


@pytest.mark.parametrize("values", [{}, {"id": "", "secret": ""}, {"id": None, "secret": None}])
def test_unset_and_empty_are_the_same(values) -> None:
    """Containers often set variables to nothing."""
    assert key_pair(values, "id", "secret", where="x") == Declined("id and secret are not set")


@pytest.mark.parametrize(("present", "missing"), [("id", "secret"), ("secret", "id")])
def test_half_a_pair_names_the_missing_half(present: str, missing: str) -> None:
    """Neither half shows in the message."""
    with pytest.raises(ConfigError) as caught:
        key_pair({present: CANARY}, "id", "secret", where="profile 'dev'")
    assert f"profile 'dev': {present} is set, {missing} is not" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_pair_from_secrets_shows_as_one_from_text() -> None:
    """Profiles hand out their secrets wrapped already."""
    values = {"id": PAIR.access_key_id, "secret": Secret(CANARY)}
    assert key_pair(values, "id", "secret", where="x") == Found(PAIR, {"id": "AKIA***", "secret": "***"})


def test_the_first_variable_that_is_set_wins() -> None:
    """Older names stand behind the current ones."""
    environ = {"NEW": "", "OLD": "value", "OLDER": "other"}
    assert first_set(environ, "NEW", "OLD", "OLDER") == ("OLD", "value")
    assert first_set(environ, "NEW") is None


@pytest.mark.parametrize("credential", [PAIR, Token(Secret(CANARY), NOW), Found(PAIR, {"secret": "***"})])
def test_no_credential_shows_its_secret(credential) -> None:
    """Credentials can be printed."""
    assert CANARY not in repr(credential)


def test_anonymous_is_a_credential() -> None:
    """Asking without credentials is a choice that a source can make."""
    assert Chain("x", [Source("arguments", lambda: Found(Anonymous()))]).resolve().credential == Anonymous()


@pytest.mark.parametrize(
    ("left", "refresh", "expired"),
    [(301, False, False), (300, True, False), (1, True, False), (0, True, True), (-1, True, True)],
)
def test_tokens_are_replaced_five_minutes_early(left: int, refresh: bool, expired: bool) -> None:
    """No request carries a token that ends on its way."""
    token = Token(Secret("t"), expires=NOW + timedelta(seconds=left))
    assert (token.needs_refresh(NOW), token.is_expired(NOW)) == (refresh, expired)


@pytest.mark.parametrize(("left", "refresh"), [(31, False), (30, True)])
def test_short_tokens_are_replaced_at_half_life(left: int, refresh: bool) -> None:
    """A token of one minute would otherwise be fetched for every request."""
    issued = NOW - timedelta(seconds=60 - left)
    token = Token(Secret("t"), expires=issued + timedelta(seconds=60), issued=issued)
    assert token.needs_refresh(NOW) is refresh


def test_a_token_without_an_end_lasts() -> None:
    """The server says when it does not."""
    token = Token(Secret("t"))
    assert not token.needs_refresh(NOW)
    assert not token.is_expired(NOW)


@pytest.mark.parametrize("name", ["expires", "issued"])
def test_instants_of_tokens_are_aware(name: str) -> None:
    """A local time would end hours early or late."""
    with pytest.raises(ConfigError, match=name):
        Token(Secret("t"), **{name: datetime(2025, 1, 1)})
