"""Working time, quiet hours and sums of time, in zones with and without summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendar import Mode, TimeSpan, WorkingCalendar, chinese_workday, knows_year
from domain.spans import Length

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
NIGHT: TimeSpan = (time(22), time(7))


def calendar(
    zone: ZoneInfo = SHANGHAI,
    working: tuple[TimeSpan, ...] = ((time(8), time(20)),),
    quiet: TimeSpan | None = NIGHT,
    holidays: frozenset[date] = frozenset(),
    workdays: frozenset[date] = frozenset(),
) -> WorkingCalendar:
    return WorkingCalendar(zone, working, quiet, partial(chinese_workday, holidays=holidays, workdays=workdays))


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def minutes(count: float) -> Length:
    return Length(seconds=int(count * 60))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-01-01", False),  # new year
        ("2026-01-04", True),  # Sunday, made up
        ("2026-02-14", True),  # Saturday, made up for the spring festival
        ("2026-02-16", False),
        ("2026-02-23", False),
        ("2026-05-05", False),
        ("2026-05-09", True),
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
    ],
)
def test_holidays_and_make_up_days_of_2026(day: str, works: bool) -> None:
    assert chinese_workday(date.fromisoformat(day), frozenset(), frozenset()) is works


def test_a_streets_own_days_go_before_the_official_ones() -> None:
    monday, festival = date(2026, 3, 2), date(2026, 2, 17)
    assert not chinese_workday(monday, frozenset({monday}), frozenset())
    assert chinese_workday(festival, frozenset(), frozenset({festival}))
    assert chinese_workday(monday, frozenset({monday}), frozenset({monday}))


def test_a_year_without_official_days_falls_back_to_the_week() -> None:
    assert knows_year(2026)
    assert not knows_year(2090)
    monday = date(2090, 1, 2)
    week = [chinese_workday(monday + timedelta(days=n), frozenset(), frozenset()) for n in range(7)]
    assert week == [True] * 5 + [False] * 2


def test_the_night_before_the_spring_festival_goes_on_after_it() -> None:
    # 2026-02-14 is a working Saturday, 15 to 23 are off
    assert calendar().add(at("2026-02-14T19:30"), minutes(60), Mode.WORKING) == at("2026-02-24T08:30")


def test_several_spans_a_day_are_counted_one_after_the_other() -> None:
    split = calendar(working=((time(8, 30), time(12)), (time(14), time(18))))
    assert split.add(at("2026-03-02T11:30"), minutes(60), Mode.WORKING) == at("2026-03-02T14:30")
    assert split.next_open(at("2026-03-02T12:00"), Mode.WORKING) == at("2026-03-02T14:00")
    assert split.next_open(at("2026-03-02T14:00"), Mode.WORKING) == at("2026-03-02T14:00")
    assert split.add(at("2026-03-02T08:30"), minutes(7.5 * 60), Mode.WORKING) == at("2026-03-02T18:00")
    assert split.add(at("2026-03-02T08:30"), minutes(7.5 * 60 + 1), Mode.WORKING) == at("2026-03-03T08:31")


@pytest.mark.parametrize(
    ("quiet", "asleep", "awake"),
    [
        (NIGHT, ["22:00", "23:59", "00:00", "06:59"], ["07:00", "12:00", "21:59"]),
        ((time(12, 30), time(14)), ["12:30", "13:59"], ["12:29", "14:00", "00:00", "23:59"]),
        ((time(0), time(6)), ["00:00", "05:59"], ["06:00", "23:59"]),
        ((time(22), time(0)), ["22:00", "23:59"], ["00:00", "21:59"]),
        (None, [], ["00:00", "03:00", "12:00"]),
    ],
)
def test_quiet_hours(quiet: TimeSpan | None, asleep: list[str], awake: list[str]) -> None:
    street = calendar(quiet=quiet)
    assert [clock for clock in asleep + awake if street.is_quiet(at(f"2026-03-02T{clock}"))] == asleep


def test_waking_time_ignores_holidays() -> None:
    assert calendar().add(at("2026-02-16T21:50"), minutes(20), Mode.WAKING) == at("2026-02-17T07:10")


def test_working_days_keep_the_time_of_day() -> None:
    three = Length(workdays=3)
    assert calendar().add(at("2026-03-05T10:00"), three, Mode.WORKING) == at("2026-03-10T10:00")
    assert calendar().add(at("2026-02-13T10:00"), three, Mode.WORKING) == at("2026-02-25T10:00")


def test_working_days_from_outside_working_time_count_from_its_next_opening() -> None:
    assert calendar().add(at("2026-03-07T15:00"), Length(workdays=1), Mode.ALWAYS) == at("2026-03-10T08:00")


def test_clocks_going_forward_shorten_the_night() -> None:
    # Berlin, 2026-03-29: 02:00 → 03:00. From 21:30 there are 30 waking minutes, then sleep until 07:00 summer time.
    ends = calendar(BERLIN).add(at("2026-03-28T21:30", BERLIN), minutes(60), Mode.WAKING)
    assert ends == datetime(2026, 3, 29, 5, 30, tzinfo=UTC)


def test_clocks_going_back_count_the_hour_twice() -> None:
    # New York, 2026-11-01: 02:00 → 01:00
    open_all_night = calendar(NEW_YORK, quiet=None)
    ends = open_all_night.add(at("2026-11-01T00:30", NEW_YORK), minutes(120), Mode.WAKING)
    assert ends == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert ends.astimezone(NEW_YORK).fold == 1


def test_a_span_that_the_change_of_clocks_swallows_is_passed_over() -> None:
    street = calendar(BERLIN, working=((time(2), time(3)),), workdays=frozenset({date(2026, 3, 29)}))
    assert street.next_open(at("2026-03-29T01:00", BERLIN), Mode.WORKING) == at("2026-03-30T02:00", BERLIN)


def test_quiet_hours_that_begin_in_the_skipped_hour_begin_when_clocks_change() -> None:
    street = calendar(BERLIN, quiet=(time(2, 30), time(4)))
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert not street.is_quiet(change - timedelta(seconds=1))
    assert street.is_quiet(change)
    assert street.add(change - timedelta(minutes=5), minutes(10), Mode.WAKING) == datetime(
        2026, 3, 29, 2, 5, tzinfo=UTC
    )


def test_a_working_day_later_at_a_skipped_time_is_when_clocks_change() -> None:
    street = calendar(BERLIN, working=((time(0), time(5)),), workdays=frozenset({date(2026, 3, 29)}))
    assert street.add(at("2026-03-27T02:30", BERLIN), Length(workdays=1), Mode.WORKING) == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )


def test_a_calendar_without_any_working_day_does_not_search_for_ever() -> None:
    never = WorkingCalendar(SHANGHAI, ((time(8), time(20)),), None, lambda _day: False)
    start = at("2026-03-02T10:00")
    assert never.next_open(start, Mode.WORKING) == start
    assert never.add(start, minutes(30), Mode.WORKING) == start + timedelta(minutes=30)


CHANGES = [datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)]
CHANGES += [datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)]
near_a_change = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from(CHANGES),
    st.integers(-100_000, 100_000),
)
instants = near_a_change | st.datetimes(
    datetime.fromisoformat("2025-12-01"),
    datetime.fromisoformat("2027-03-01"),
    timezones=st.sampled_from([UTC, SHANGHAI]),
)
clock_times = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))
working_days = st.lists(clock_times, min_size=2, max_size=6, unique=True).map(
    lambda cuts: tuple(
        zip(sorted(cuts)[: len(cuts) // 2 * 2 : 2], sorted(cuts)[1 : len(cuts) // 2 * 2 : 2], strict=True)
    )
)
quiets = st.none() | st.tuples(clock_times, clock_times).filter(lambda span: span[0] != span[1])
calendars = st.builds(calendar, st.sampled_from([SHANGHAI, BERLIN, NEW_YORK]), working_days, quiets)
modes = st.sampled_from(list(Mode))
lengths = st.integers(1, 3 * 86400).map(lambda seconds: Length(seconds=seconds))


@given(calendars, instants, modes)
@example(calendar(BERLIN, quiet=(time(2, 30), time(3))), CHANGES[1], Mode.WAKING)
def test_the_next_opening_is_open_and_never_before(street: WorkingCalendar, start: datetime, mode: Mode) -> None:
    found = street.next_open(start, mode)
    assert found >= start
    assert street.next_open(found, mode) == found
    if mode is Mode.WAKING:
        assert not street.is_quiet(found)


@given(calendars, instants, modes, lengths, lengths)
@example(
    calendar(BERLIN, quiet=(time(2, 30), time(3))),
    CHANGES[1] - timedelta(minutes=40),
    Mode.WAKING,
    Length(seconds=1800),
    Length(seconds=1800),
)
def test_two_sums_are_the_sum_of_both(
    street: WorkingCalendar, start: datetime, mode: Mode, first: Length, second: Length
) -> None:
    both = Length(seconds=first.seconds + second.seconds)
    assert street.add(street.add(start, first, mode), second, mode) == street.add(start, both, mode)


@given(calendars, instants, modes, lengths, st.integers(0, 86400))
def test_later_starts_and_longer_lengths_never_end_earlier(
    street: WorkingCalendar, start: datetime, mode: Mode, length: Length, later: int
) -> None:
    end = street.add(start, length, mode)
    assert end >= start.astimezone(UTC) + length.delta
    assert street.add(start + timedelta(seconds=later), length, mode) >= end
    assert street.add(start, Length(seconds=length.seconds + later), mode) >= end


@given(calendars, instants, st.integers(1, 40))
def test_working_days_end_on_a_working_day_after_the_start(
    street: WorkingCalendar, start: datetime, count: int
) -> None:
    end = street.add(start, Length(workdays=count), Mode.WORKING)
    assert end > start
    assert street.is_workday(street.local(end).date())
    assert street.add(start, Length(workdays=count + 1), Mode.WORKING) > end
