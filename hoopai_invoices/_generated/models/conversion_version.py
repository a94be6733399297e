"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class ConversionVersion(OpenEnum):
    """Which of the service's two ways of conversion to use."""

    V1 = "v1"
    V2 = "v2"


def as_conversion_version(value: ConversionVersion | Literal["v1", "v2"]) -> ConversionVersion:
    """The member of a value; an unknown text is refused."""
    return choice(ConversionVersion, value)


def as_optional_conversion_version(
    value: ConversionVersion | Literal["v1", "v2"] | None,
) -> ConversionVersion | None:
    """As `as_conversion_version`, and None stays None."""
    return None if value is None else choice(ConversionVersion, value)
