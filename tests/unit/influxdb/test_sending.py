"""Calls of `/write`: what may be repeated, smaller pieces, one error for many refusals."""

from __future__ import annotations

import gzip

import pytest
from catchment.core.errors import ConfigError, HeaderError, NetworkError, OutcomeUnknownError, UnsafeInputError
from catchment.influxdb import errors
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.sending import Sent, Target, concerns_lines, cut, refusal, target
from hypothesis import given
from hypothesis import strategies as st

STAMPED = Chunk(b"m v=1 1\nm v=2 2\n", 2, True)


def test_only_stamped_lines_may_be_sent_twice() -> None:
    """A line without a time gets another one each time it arrives."""
    assert Target("d").request(STAMPED).retry == "B"
    assert Target("d").request(Chunk(b"m v=1\n", 1, False)).retry == "D"


def test_the_request_says_where_and_how() -> None:
    """All in the address, where the server looks; what is default is left out."""
    assert Target("d b").request(STAMPED).target == "/write?db=d%20b"
    made = target("d", "r", "µs", "quorum").request(STAMPED)
    assert made.target == "/write?db=d&rp=r&precision=u&consistency=quorum"
    assert made.content == STAMPED.body


def test_bodies_are_packed_where_asked() -> None:
    """And say so."""
    made = Target("d", gzip=True).request(STAMPED)
    assert gzip.decompress(made.content) == STAMPED.body  # type: ignore[arg-type]
    assert ("Content-Encoding", "gzip") in made.headers


def test_a_database_is_needed_and_words_are_checked() -> None:
    """The server takes unknown precisions for nanoseconds without an error."""
    for missing in (None, ""):
        with pytest.raises(ConfigError, match="no database"):
            target(missing)
    with pytest.raises(UnsafeInputError, match="precision"):
        target("d", None, "fortnight")
    with pytest.raises(UnsafeInputError, match="consistency"):
        target("d", None, None, "most")


@given(
    st.lists(
        st.sampled_from(["m v=1 1\n", 'm,t=a v="x\ny" 2\n', "# c\n", "\n", 'm v="' + "z" * 50 + '" 3\n']), min_size=1
    ),
    st.integers(1, 80),
)
def test_pieces_are_whole_lines_and_all_of_them(lines: list[str], limit: int) -> None:
    """Also where values hold line feeds; a piece is larger than the limit only if it is one line."""
    body = "".join(lines).encode()
    points = sum(line.startswith("m") for line in lines)
    pieces = list(cut(Chunk(body, points, True), limit))
    assert b"".join(piece.body for piece in pieces) == body
    assert sum(piece.lines for piece in pieces) == points
    assert all(piece.lines <= 1 or len(piece.body) <= limit for piece in pieces)


# -- refusals ----------------------------------------------------------------------------------------------------------


def header_error(line: bytes) -> HeaderError:
    """Make what an engine raises for a header that cannot be read."""
    error = HeaderError("bad header")
    error.line = line
    return error


def test_a_refusal_behind_an_unreadable_header_is_found() -> None:
    """Also where the request had no times, so that there was doubt."""
    line = b"X-Influxdb-Error: partial write: unable to parse 'm,t=\0 v=': missing field value dropped=0"
    doubt = OutcomeUnknownError("doubt")
    doubt.__cause__ = header_error(line)
    for error in (header_error(line), doubt):
        found = refusal(error)
        assert isinstance(found, errors.PartialWriteError)
        assert found.bad_lines == (("m,t=\0 v=", "missing field value"),)
        assert found.status == 400


@pytest.mark.parametrize("error", [NetworkError("x"), header_error(b"X-Other: a"), OutcomeUnknownError("x")])
def test_other_errors_stay_what_they_are(error: NetworkError) -> None:
    """Nothing is guessed."""
    assert refusal(error) is error


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (errors.PartialWriteError("partial write: x dropped=1"), True),
        (errors.LinesRefusedError("unable to parse 'm': x"), True),
        (errors.FieldTypeConflictError("field type conflict"), True),
        (errors.LinesRefusedError("database is required"), False),
        (errors.WriteDatabaseNotFoundError("x"), False),
        (errors.WriteAuthenticationError("x"), False),
        (errors.WriteServerFailureError("x"), False),
        (NetworkError("x"), False),
    ],
)
def test_which_refusals_leave_other_lines_alone(error: NetworkError, lines: bool) -> None:
    """What concerns everything ends a write at once."""
    assert concerns_lines(error) is lines


def refused(*texts: str, requests: int) -> errors.InfluxDBWriteError:
    """Write so many requests, of which some are refused."""
    sent = Sent()
    for text in texts:
        sent.took(STAMPED, errors.write_class(text)(text, status=400))
    for _ in range(requests - len(texts)):
        sent.took(STAMPED)
    with pytest.raises(errors.InfluxDBWriteError) as caught:
        sent.check()
    assert sent.lines == 2 * requests
    return caught.value


def test_a_single_refusal_is_raised_as_it_is() -> None:
    """Its message is the server's."""
    assert refused("unable to parse 'm': x", requests=1).message == "unable to parse 'm': x"


def test_refusals_of_several_requests_are_one_error() -> None:
    """With all lines and counts; lines of other requests were stored, so it is a partial write."""
    error = refused("unable to parse 'a': x", "partial write: y dropped=3", requests=5)
    assert isinstance(error, errors.PartialWriteError)
    assert (error.partial, error.dropped, error.bad_lines) == (True, 3, (("a", "x"),))
    assert error.message.startswith("2 of 5 requests had lines refused")


def test_nothing_stored_is_no_partial_write() -> None:
    """Where every line of every request was refused."""
    error = refused("unable to parse 'a': x", "unable to parse 'b': y", requests=2)
    assert type(error) is errors.LinesRefusedError
    assert not error.partial
    conflict = refused("field type conflict", "field type conflict", requests=2)
    assert type(conflict) is errors.FieldTypeConflictError
    assert type(refused("field type conflict", requests=2)) is errors.PartialFieldTypeConflictError


def test_no_refusal_no_error() -> None:
    """All is well."""
    sent = Sent()
    sent.took(STAMPED)
    sent.check()


def test_an_error_that_ends_a_write_says_how_far_it_came() -> None:
    """So that the rest can be sent later."""
    sent, error = Sent(), NetworkError("lost")
    sent.broke_off(error)
    assert not hasattr(error, "__notes__")
    sent.took(STAMPED, errors.LinesRefusedError("unable to parse 'm': x"))
    sent.broke_off(error)
    assert "1 requests with 2 lines" in error.__notes__[0]
    assert "unable to parse" in error.__notes__[1]
