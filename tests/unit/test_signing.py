from __future__ import annotations

import pickle

import pytest
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.secret import Secret
from catchment.core.signing import AnonymousSigner, BasicSigner, BearerSigner, HeaderSigner

CANARY = "canary-7f3a"
SIGNERS = [BasicSigner("user", Secret(CANARY)), BearerSigner(Secret(CANARY)), HeaderSigner("X-Key", Secret(CANARY))]


@pytest.mark.parametrize(
    ("signer", "headers"),
    [
        (AnonymousSigner(), []),
        # The example of RFC 7617 §2, and the one of §2.1 with a password that is no ASCII.
        (BasicSigner("Aladdin", Secret("open sesame")), [("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]),
        (BasicSigner("test", Secret("123£")), [("Authorization", "Basic dGVzdDoxMjPCow==")]),
        (BearerSigner(Secret("ey.J.x")), [("Authorization", "Bearer ey.J.x")]),
        (HeaderSigner("X-v3io-session-key", Secret("k")), [("X-v3io-session-key", "k")]),
    ],
)
def test_each_signer_adds_its_header(signer, headers) -> None:
    """A signer returns what to add and changes nothing else."""
    assert signer.sign("GET", "https://h/", [("Accept", "*/*")], b"") == headers


@pytest.mark.parametrize("signer", SIGNERS)
def test_no_signer_shows_its_secret(signer) -> None:
    """A signer can be printed."""
    assert CANARY not in repr(signer)


@pytest.mark.parametrize("signer", SIGNERS)
def test_no_signer_is_pickled_with_its_secret(signer) -> None:
    """Secrets given as text do not travel unless allowed."""
    with pytest.raises(UnsafeInputError):
        pickle.dumps(signer)


def test_an_allowed_secret_travels_with_its_signer() -> None:
    """pickle_secrets=True reaches down to the signer."""
    signer = BearerSigner(Secret("t").carried())
    assert pickle.loads(pickle.dumps(signer)) == signer


def test_basic_refuses_a_colon_in_the_name() -> None:
    """The server would cut the pair at the wrong place."""
    with pytest.raises(ConfigError, match="colon"):
        BasicSigner("a:b", Secret("c"))


@pytest.mark.parametrize("text", ["", "key\n", " key", "ke\ry", "ke\x00y", "key\udc80"])
@pytest.mark.parametrize("make", [lambda s: BasicSigner("u", s), BearerSigner, lambda s: HeaderSigner("X-Key", s)])
def test_secrets_that_no_server_would_know_are_refused_unseen(make, text: str) -> None:
    """A line end read along with the key is found before anything is sent; the key is not shown."""
    with pytest.raises(ConfigError) as caught:
        make(Secret(text))
    assert "key" not in str(caught.value).replace("X-Key", "")


@pytest.mark.parametrize("make", [BearerSigner, lambda s: HeaderSigner("X-Key", s)])
def test_tokens_are_ascii(make) -> None:
    """Headers carry no other characters reliably."""
    with pytest.raises(ConfigError, match="cannot be sent"):
        make(Secret("tökén"))
