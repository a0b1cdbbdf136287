from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import traceback

import pytest
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.secret import Secret, mask

CANARY = "canary-7f3a-hunter2"


@dataclasses.dataclass
class Holder:
    key: Secret


@pytest.mark.parametrize(
    "show",
    [str, repr, "{}".format, "{:>30}".format, "{!r}".format, lambda s: f"{s}", lambda s: "%s %r" % (s, s), ascii],  # noqa: UP031
)
def test_no_way_of_printing_shows_the_text(show) -> None:
    """A secret shows as *** however it is formatted."""
    shown = show(Secret(CANARY))
    assert CANARY not in shown
    assert "***" in shown


def test_a_holder_does_not_show_it() -> None:
    """A data class that holds a secret can be printed and turned into a dict."""
    holder = Holder(Secret(CANARY))
    assert CANARY not in repr(holder)
    assert CANARY not in repr(dataclasses.asdict(holder))


def test_json_refuses_it() -> None:
    """A secret cannot slip into JSON."""
    with pytest.raises(TypeError) as caught:
        json.dumps({"key": Secret(CANARY)})
    assert CANARY not in str(caught.value)


def test_it_cannot_be_joined_to_text() -> None:
    """Joining needs reveal(), so that no one sends *** or the secret by accident."""
    with pytest.raises(TypeError):
        "Bearer " + Secret(CANARY)  # type: ignore[operator]


def test_pickling_is_refused_and_says_why() -> None:
    """A pickle would hold the text in clear."""
    with pytest.raises(UnsafeInputError, match="in clear") as caught:
        pickle.dumps(Secret(CANARY))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_pickling_on_request_round_trips() -> None:
    """What was allowed once to travel may travel on."""
    once = pickle.loads(pickle.dumps(Secret(CANARY).carried()))
    twice = pickle.loads(pickle.dumps(once))
    assert twice.reveal() == CANARY


def test_generic_walkers_get_no_state() -> None:
    """Tools that hash or dump objects by their state are refused."""
    with pytest.raises(UnsafeInputError):
        Secret(CANARY).__getstate__()


def test_copies_are_the_same_object() -> None:
    """Copying needs no pickle and makes no second instance."""
    secret = Secret(CANARY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_equality_is_by_text_and_only_among_secrets() -> None:
    """A secret equals another with the same text, never a plain text."""
    assert Secret("a") == Secret("a", portable=True)
    assert hash(Secret("a")) == hash(Secret("a", portable=True))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_undecodable_bytes_of_the_environment_compare() -> None:
    """Lone surrogates, which os.environ gives for bytes that are no UTF-8, do not break equality."""
    assert Secret("\udc80") == Secret("\udc80")


def test_only_text_is_a_secret() -> None:
    """Bytes and None are refused rather than turned into text."""
    with pytest.raises(ConfigError, match="bytes"):
        Secret(b"x")  # type: ignore[arg-type]


def test_wrapping_twice_is_wrapping_once() -> None:
    """Text becomes a secret; a secret stays the same object."""
    secret = Secret("a")
    assert Secret.of(secret) is secret
    assert Secret.of("a") == secret


def test_an_empty_secret_is_false() -> None:
    """Truth says whether there is any text."""
    assert not Secret("")
    assert Secret("x")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "AKIA***"),
        ("elevenchars", "***"),
        ("twelve-chars", "twel***"),
        ("", "***"),
        (Secret("AKIAIOSFODNN7EXAMPLE"), "***"),
        (None, "none"),
    ],
)
def test_mask_shows_four_characters_of_long_identifiers(value, shown) -> None:
    """Long identifiers can be recognised, short ones and secrets show nothing."""
    assert mask(value) == shown
