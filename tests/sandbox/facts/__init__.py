"""What is known about the service, by the sections of the fact sheet."""

from __future__ import annotations

from . import (
    access,
    answers,
    errors,
    estimates,
    invoices,
    limits,
    lists,
    money,
    operations,
    practice,
    requests,
    schedules,
)
from .table import FACTS, Fact

__all__ = [
    "FACTS",
    "Fact",
    "access",
    "answers",
    "errors",
    "estimates",
    "invoices",
    "limits",
    "lists",
    "money",
    "operations",
    "practice",
    "requests",
    "schedules",
]
