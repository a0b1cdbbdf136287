from __future__ import annotations

import builtins
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from catchment.core import clock
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.progress import Line, Reporter, amount, resolve


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        """Pretend to be one."""
        return True


@pytest.fixture(autouse=True)
def no_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show with our own line, whatever is installed."""
    monkeypatch.setitem(sys.modules, "tqdm", None)


def shown(progress, *, environ=None, stream=None) -> str:
    """Report one step and return what was written."""
    stream = io.StringIO() if stream is None else stream
    with resolve(progress, label="upload", total=100, environ=environ or {}, stream=stream) as report:
        report(50)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("progress", "environ", "terminal", "visible"),
    [
        (None, {}, False, False),
        (None, {}, True, True),
        (True, {}, False, True),
        (False, {}, True, False),
        (None, {"CATCHMENT_PROGRESS": "0"}, True, False),
        (True, {"CATCHMENT_PROGRESS": "0"}, True, False),
        (None, {"CATCHMENT_PROGRESS": "1"}, False, True),
        (False, {"CATCHMENT_PROGRESS": "1"}, True, False),
    ],
)
def test_when_progress_is_shown(progress, environ, terminal: bool, visible: bool) -> None:
    """Asked for, or watched on a terminal; the variable has the last word but over an explicit False."""
    assert bool(shown(progress, environ=environ, stream=Terminal() if terminal else io.StringIO())) is visible


def test_a_callable_is_called_and_nothing_is_written() -> None:
    """Users' own displays get (done, total), the variable notwithstanding."""
    states: list[tuple[int, int | None]] = []
    stream = Terminal()
    environ = {"CATCHMENT_PROGRESS": "0"}
    report = resolve(lambda *state: states.append(state), label="x", total=10, environ=environ, stream=stream)
    report(4)
    report(6)
    assert states == [(4, 10), (10, 10)]
    assert stream.getvalue() == ""


def test_what_must_be_done_again_is_taken_back() -> None:
    """A second attempt starts over; what is done never falls below 0."""
    states: list[int] = []
    report = Reporter(lambda done, total: states.append(done), None)
    for step in (5, 5, -10, 3, -9):
        report(step)
    assert states == [5, 10, 0, 3, 0]


def test_an_exception_of_the_callable_ends_the_work() -> None:
    """That is how a caller cancels."""

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Reporter(stop, None)(1)


def test_threads_report_in_order() -> None:
    """Reports of concurrent parts never go back."""
    states: list[int] = []
    report = Reporter(lambda done, total: states.append(done), None)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(report, [1] * 500))
    assert states == list(range(1, 501))


def test_after_the_end_nothing_is_reported() -> None:
    """A straggler does not write onto the next line."""
    states: list[int] = []
    report = Reporter(lambda done, total: states.append(done), None)
    report.close()
    report(1)
    assert states == []


@pytest.mark.parametrize("progress", ["yes", 1, object()])
def test_other_values_are_refused(progress) -> None:
    """A mistake is told before the work begins."""
    with pytest.raises(UnsafeInputError, match="progress"):
        resolve(progress, label="x", total=None, environ={})


def test_a_wrong_variable_is_named() -> None:
    """A typo in the environment does not pass as a yes or no."""
    with pytest.raises(ConfigError, match="CATCHMENT_PROGRESS"):
        resolve(None, label="x", total=None, environ={"CATCHMENT_PROGRESS": "off"}, stream=io.StringIO())


def test_a_process_without_stderr_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows programs without a console have none."""
    monkeypatch.setattr(sys, "stderr", None)
    with resolve(True, label="x", total=None, environ={}) as report:
        report(1)
    assert report.done == 1


def test_a_terminal_line_is_written_over_ten_times_a_second() -> None:
    """Each state covers the one before, and frequent reports cost nothing."""
    stream = Terminal()
    with clock.using(clock.ManualClock(datetime(2025, 1, 1, tzinfo=UTC))) as manual:
        line = Line("get", "B", stream)
        line(512, 2048)
        line(600, 2048)
        manual.advance(2)
        line(1024, 2048)
        line.close()
    assert stream.getvalue() == (
        "\rget:  25% 512 B of 2.0 KiB\rget:  50% 1.0 KiB of 2.0 KiB, 512 B/s\rget:  50% 1.0 KiB of 2.0 KiB, 512 B/s\n"
    )


def test_a_shorter_text_leaves_no_rest() -> None:
    """What was longer before is wiped out."""
    stream = Terminal()
    with clock.using(clock.ManualClock(datetime(2025, 1, 1, tzinfo=UTC))) as manual:
        line = Line("x", "rows", stream)
        line(100_000, None)
        manual.advance(1)
        line(0, None)
    assert stream.getvalue().split("\r")[-1] == "x: 0 rows      "


def test_a_file_gets_the_last_state_only() -> None:
    """A log file is not filled with carriage returns."""
    text = shown(True)
    assert "\r" not in text
    assert text.count("\n") == 1
    assert "50% 50 B of 100 B" in text


def test_tqdm_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps sum up to the state, also backwards, and the bar is closed."""
    made: list[FakeBar] = []

    class FakeBar:
        monitor_interval = 10

        def __init__(self, **settings) -> None:
            self.settings, self.n, self.closed = settings, 0, False
            made.append(self)

        def update(self, n: int) -> None:
            self.n += n

        def close(self) -> None:
            self.closed = True

    module = type(sys)("tqdm")
    module.tqdm = FakeBar  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", module)
    with resolve(True, label="up", total=9, environ={}, stream=io.StringIO()) as report:
        report(7)
        report(-3)
    (bar,) = made
    assert (bar.n, bar.closed, bar.monitor_interval) == (4, True, 0)
    assert (bar.settings["desc"], bar.settings["total"], bar.settings["unit"]) == ("up", 9, "B")


@pytest.mark.parametrize(
    ("count", "unit", "text"),
    [
        (0, "B", "0 B"),
        (1023, "B", "1023 B"),
        (1024, "B", "1.0 KiB"),
        (5 * 1024**3, "B", "5.0 GiB"),
        (3 * 1024**4, "B", "3.0 TiB"),
        (1234567, "rows", "1,234,567 rows"),
    ],
)
def test_amounts_are_written_for_people(count: float, unit: str, text: str) -> None:
    """Bytes in binary units, other things in whole numbers."""
    assert amount(count, unit) == text


def test_nothing_is_printed_by_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Displays go to the stream; stdout is data."""
    monkeypatch.setattr(builtins, "print", lambda *_: pytest.fail("printed"))
    assert shown(True)
