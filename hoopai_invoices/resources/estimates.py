"""What hands add to `client.estimates`."""

from __future__ import annotations

import functools
from datetime import date
from typing import TYPE_CHECKING, Any

from .. import models
from .._core.ids import check_id
from .._generated.api.estimates import Estimates as Generated
from .._protocol import CallOptions
from ..errors import NotFoundError
from .days import estimate_day
from .editing import Edit, id_of, older

__all__ = ["Estimates"]

_REMEMBERED = 1000


class Estimates(Generated):
    """The operations of `estimates`, with `get` and `edit`."""

    if not TYPE_CHECKING:  # its signature is the generated one

        @functools.wraps(Generated.update)
        async def update(self, *args: Any, **kwargs: Any) -> models.Estimate:
            record = await super().update(*args, **kwargs)
            # A list that lags behind would bring back what it replaced.
            written = self._executor.remembered()
            written.pop(record.id, None)
            written[record.id] = record
            if len(written) > _REMEMBERED:
                del written[next(iter(written))]
            return record

    async def get(
        self, estimate_id: str, *, scan: bool = True, options: CallOptions | None = None
    ) -> models.Estimate:
        """An estimate by its id, found in the list: the service has no operation for it.

        A search for the id costs one call, and usually finds it. If it doesn't, all estimates are
        looked through, one call for each hundred of them, unless `scan` is False.

        Raises:
            NotFoundError: There is no such estimate in the list; a new one may take a moment.
            HoopAIError: As with `list`.
        """
        check_id(estimate_id, "estimate_id")
        # No more of it: a search that is ignored would go through all, twenty at a time.
        search = self.list(search=estimate_id, page_size=20, options=options)
        for estimate in (await search.first_page()).items:
            if estimate.id == estimate_id:
                return estimate
        if scan:
            async for estimate in self.list(options=options):
                if estimate.id == estimate_id:
                    return estimate
        msg = f"no estimate {estimate_id} is listed"
        hint = "lists lag behind writes: of a new one, try again in a moment"
        raise NotFoundError(msg, status=404, hint=hint, operation="estimates.get")

    def edit(
        self, estimate: str | models.Estimate, *, options: CallOptions | None = None
    ) -> Edit[models.EstimateUpdate, models.Estimate]:
        """Read an estimate, change it in the block, and write it back whole; see `Edit`.

        It is read as `get` does. Its days come back as instants; they are sent as the calendar days
        of the location's zone: of `LocationDefaults.timezone`, or of the offset that the day of issue
        proves, since that begins at midnight. A list that still shows an older version than this
        client has written, or that lacks a field that would then be cleared, is refused.

        Args:
            estimate: Its id, or the estimate: then an older version isn't edited.
            options: What these calls do differently.

        Raises:
            LostUpdateError: It was changed meanwhile, or the list lags.
            InvalidRequestError: Its days can't be told, or something is missing.
            HoopAIError: As with `get` and `update`.
        """
        written = self._executor.remembered().get(id_of(estimate, "estimates.edit"))
        if written is not None and not isinstance(estimate, str) and older(written, estimate):
            written = None

        def day(record: models.Estimate, name: str) -> date | None:
            return estimate_day(record, name, self._executor.zone())

        return Edit(
            "estimates.edit",
            models.EstimateUpdate,
            estimate,
            read=self.get,
            update=self.update,
            options=options,
            known=written,
            day=day,
            # It is taken and ignored: only the customer accepts or declines.
            left_out=frozenset(["estimate_status"]),
        )
