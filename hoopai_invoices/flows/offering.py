"""Making an estimate and sending it, past the traps of both."""

from __future__ import annotations

from attrs import evolve, frozen

from .. import models
from .._model import UNSET
from ..errors import InvalidRequestError
from .delivering import Action, check_channel, check_mode
from .steps import Outcome, Plan, Run

__all__ = ["EstimateHow", "SentEstimate", "offer", "plan_offer"]

EstimateHow = models.SendAction | Action | models.EstimateSend


@frozen(kw_only=True)
class SentEstimate(Outcome):
    """What came of `send_estimate`.

    Attributes:
        estimate: The estimate, as it was seen last.
        steps: What was done ("create", "send"), and what was found done already.
    """

    estimate: models.Estimate


async def offer(run: Run, estimate: models.EstimateCreate, send: EstimateHow) -> SentEstimate:
    """Make an estimate and send it."""
    how = _checked(run, estimate, send)
    made = await run.write("create", "estimates.create", estimate, models.Estimate)
    if await run.begun("send", "estimates.send") or made.estimate_status == "draft":
        body = evolve(how, live_mode=made.live_mode)
        made = await run.write("send", "estimates.send", body, models.Estimate, (made.id,))
        if made.estimate_status == "draft":
            msg = f"the service took it, and the estimate {made.id} is still a draft"
            hint = "that happens when user_id names nobody: send it yourself, in a user's name"
            raise run.error("send", msg, made, hint)
    else:
        await run.passed("send", "estimates.send", made.id)
    return SentEstimate(estimate=made, steps=tuple(run.steps))


async def plan_offer(run: Run, estimate: models.EstimateCreate, send: EstimateHow) -> Plan:
    """What `offer` would do."""
    _checked(run, estimate, send)
    entry = await run.entry("create", "estimates.create")
    await run.plan("create", "estimates.create")
    if estimate.estimate_number is not UNSET and (entry is None or entry.state != "done"):
        run.planned.pop(0)  # the next number needn't be read
    # Who made it before may have sent it by hand, too.
    maybe = entry is not None and not await run.begun("send", "estimates.send")
    await run.plan("send", "estimates.send", maybe=maybe)
    return run.whole()


def _checked(run: Run, estimate: models.EstimateCreate, send: EstimateHow) -> models.EstimateSend:
    """How it is sent; what the service takes and doesn't do is refused before anything is sent."""
    if not isinstance(estimate, models.EstimateCreate):
        msg = f"an EstimateCreate is wanted, not {estimate!r:.60}"
        raise InvalidRequestError(msg, path="estimate", operation=run.flow)
    how = send if isinstance(send, models.EstimateSend) else models.EstimateSend(action=send)
    if estimate.live_mode is not UNSET:
        check_mode(how.live_mode, estimate.live_mode)
        how = evolve(how, live_mode=estimate.live_mode)
    if estimate.send_estimate_details is not UNSET:
        msg = "may send it at once, and then the flow would send it a second time"
        hint = "leave it out, and say how with send="
        path = "estimate.send_estimate_details"
        raise InvalidRequestError(msg, path=path, hint=hint, operation=run.flow)
    run.check("create", "estimates.create", estimate)
    run.check("send", "estimates.send", how)
    with run.at("send"):
        check_channel(how.action, estimate.contact_details, estimate.sent_to)
    return how
