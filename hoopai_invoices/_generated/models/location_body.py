"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class LocationBody(Model):
    """A body that names the location and nothing else."""

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    _fields: ClassVar[tuple[Field, ...]] = ()
