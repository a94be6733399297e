"""What hands add to `client.schedules`."""

from __future__ import annotations

from .. import models
from .._generated.api.schedules import Schedules as Generated
from .._protocol import CallOptions
from .editing import Edit

__all__ = ["Schedules"]


class Schedules(Generated):
    """The operations of `schedules`, with `edit`."""

    def edit(
        self, schedule: str | models.Schedule, *, options: CallOptions | None = None
    ) -> Edit[models.ScheduleUpdate, models.Schedule]:
        """Read a schedule, change it in the block, and write it back whole; see `Edit`.

        Of a running schedule the new rule counts from then on. Tips, late fees, payment methods, the
        number's prefix and automatic taxes aren't taken by an update, and stay as they are.

        Args:
            schedule: Its id, or the schedule: then an older version isn't edited.
            options: What these calls do differently.

        Raises:
            LostUpdateError: It was changed meanwhile.
            HoopAIError: As with `get` and `update`.
        """
        return Edit(
            "schedules.edit",
            models.ScheduleUpdate,
            schedule,
            read=self.get,
            update=self.update,
            options=options,
        )
