"""Anything in any order: the sandbox against an independent reckoning of invoices and estimates."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from .lives.offers import Lives

TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
