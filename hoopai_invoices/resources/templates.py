"""What hands add to `client.templates`."""

from __future__ import annotations

from .. import models
from .._generated.api.templates import Templates as Generated
from .._protocol import CallOptions
from .editing import Edit

__all__ = ["Templates"]


class Templates(Generated):
    """The operations of `templates`, with `edit`."""

    def edit(
        self, template: str | models.Template, *, options: CallOptions | None = None
    ) -> Edit[models.TemplateUpdate, models.Template]:
        """Read a template, change it in the block, and write it back whole; see `Edit`.

        Late fees and payment methods have operations of their own, and stay as they are, as do tips,
        attachments, the number's prefix and automatic taxes, which an update doesn't take.

        Args:
            template: Its id, or the template: then an older version isn't edited.
            options: What these calls do differently.

        Raises:
            LostUpdateError: It was changed meanwhile.
            HoopAIError: As with `get` and `update`.
        """
        return Edit(
            "templates.edit",
            models.TemplateUpdate,
            template,
            read=self.get,
            update=self.update,
            options=options,
        )
