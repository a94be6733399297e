"""Starting a schedule of invoices, and waiting for its first one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from .. import models
from .._core.pipeline import checked_seconds
from .._model import UNSET
from ..errors import HoopAIError, InvalidRequestError
from ..recurrence import occurrences
from .steps import Outcome, Plan, Run, State
from .waiting import LONGEST_PAUSE, Pauses, until

__all__ = ["StartedSchedule", "plan_start", "start"]

_CREATE, _START = "schedules.create", "schedules.start"
_STOPPED = ("cancelled", "canceled")
_FAR = timedelta(hours=15)  # no zone is farther from UTC


@frozen(kw_only=True)
class StartedSchedule(Outcome):
    """What came of `start_recurring`.

    Attributes:
        schedule: The schedule, as it was seen last.
        invoice: Its first invoice, a draft perhaps; None when none was waited for, or none is due
            within that time.
        steps: What was done ("schedule", "start", "first"), and what was found done already.
    """

    schedule: models.Schedule
    invoice: models.Invoice | None


async def start(
    run: Run,
    schedule: models.ScheduleCreate,
    auto_payment: models.AutoPayment | None,
    wait_first: float | None,
) -> StartedSchedule:
    """Make a schedule, start it, and find its first invoice."""
    body = _checked(run, schedule, auto_payment, wait_first)
    made = await run.write("schedule", _CREATE, schedule, models.Schedule)
    begun = await run.begun("start", _START)
    if not begun and made.status in _STOPPED:
        msg = f"the schedule {made.id} was cancelled before it was started"
        raise run.error("start", msg, made, "make another, with another key")
    if begun or made.status == "draft":
        made = await run.write("start", _START, body, models.Schedule, (made.id,))
    else:
        await run.passed("start", _START, made.id)
    invoice = None
    if wait_first is not None:
        made, invoice = await _first(run, made, wait_first)
    return StartedSchedule(schedule=made, invoice=invoice, steps=tuple(run.steps))


async def plan_start(
    run: Run,
    schedule: models.ScheduleCreate,
    auto_payment: models.AutoPayment | None,
    wait_first: float | None,
) -> Plan:
    """What `start` would do."""
    _checked(run, schedule, auto_payment, wait_first)
    entry = await run.entry("schedule", _CREATE)
    await run.plan("schedule", _CREATE)
    maybe = entry is not None and not await run.begun("start", _START)
    await run.plan("start", _START, maybe=maybe)
    if wait_first is not None:
        run.reads("schedules.get", 0, None)
        run.reads("invoices.get", 0, 1)
    return run.whole()


def _checked(
    run: Run,
    schedule: models.ScheduleCreate,
    auto_payment: models.AutoPayment | None,
    wait_first: float | None,
) -> models.ScheduleStart:
    """How it is started; what can't be sent is refused before anything is."""
    if not isinstance(schedule, models.ScheduleCreate):
        msg = f"a ScheduleCreate is wanted, not {schedule!r:.60}"
        raise InvalidRequestError(msg, path="schedule", operation=run.flow)
    if wait_first is not None:
        try:
            checked_seconds(wait_first, "wait_first")
        except InvalidRequestError as error:
            error.operation = run.flow
            raise
    body = models.ScheduleStart(
        live_mode=schedule.live_mode,
        auto_payment=UNSET if auto_payment is None else auto_payment,
    )
    run.check("schedule", _CREATE, schedule)
    run.check("start", _START, body)
    return body


async def _first(
    run: Run, schedule: models.Schedule, seconds: float
) -> tuple[models.Schedule, models.Invoice | None]:
    """The first invoice of a schedule that was started, if one is due within that time."""
    seen = schedule

    async def look() -> models.Schedule:
        nonlocal seen
        seen = await run.client.schedules.get(schedule.id, options=run.options)
        return seen

    if not schedule.invoices:
        if not _is_due(run, schedule, seconds):
            return schedule, None
        pauses = Pauses(run.flow, run.view.clock(), seconds, LONGEST_PAUSE, None)
        not_yet = f"at 'first': the schedule {schedule.id} has made no invoice"
        with run.at("first"):
            seen = await until(look, lambda one: bool(one.invoices), pauses, not_yet)
    with run.at("first"):
        found = [
            await run.client.invoices.get(one, options=run.options) if isinstance(one, str) else one
            for one in (seen.invoices or ())[:1]
        ]
    state: State = "found" if schedule.invoices else "done"
    await run.passed("first", "schedules.get", found[0].id, state)
    return seen, found[0]


def _is_due(run: Run, schedule: models.Schedule, seconds: float) -> bool:
    """Whether an invoice may come within that time, as far as that can be told."""
    now = datetime.fromtimestamp(run.view.clock().time(), UTC)
    zone = run.view.zone()
    try:
        coming = occurrences(
            schedule,
            1,
            timezone=zone if isinstance(zone, ZoneInfo) else "UTC",
            since=now - (timedelta() if zone else _FAR),
        )
    except HoopAIError:
        return True  # a rule that this version doesn't know
    until_then = now + timedelta(seconds=seconds) + (timedelta() if zone else _FAR)
    return bool(coming) and coming[0].issued <= until_then
