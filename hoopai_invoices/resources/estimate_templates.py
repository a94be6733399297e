"""What hands add to `client.estimate_templates`."""

from __future__ import annotations

from .. import models
from .._generated.api.estimate_templates import EstimateTemplates as Generated
from .._protocol import CallOptions
from .editing import Edit

__all__ = ["EstimateTemplates"]


class EstimateTemplates(Generated):
    """The operations of `estimate_templates`, with `edit`."""

    def edit(
        self, template: str | models.EstimateTemplate, *, options: CallOptions | None = None
    ) -> Edit[models.EstimateTemplateUpdate, models.EstimateTemplate]:
        """Read an estimate template, change it in the block, and write it back whole; see `Edit`.

        It is read by `preview`: the service has no other way for one template.

        Args:
            template: Its id, or the estimate template: then an older version isn't edited.
            options: What these calls do differently.

        Raises:
            LostUpdateError: It was changed meanwhile.
            HoopAIError: As with `preview` and `update`.
        """
        return Edit(
            "estimate_templates.edit",
            models.EstimateTemplateUpdate,
            template,
            read=self.preview,
            update=self.update,
            options=options,
        )
