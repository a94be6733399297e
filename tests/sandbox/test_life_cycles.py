"""Anything in any order: the sandbox against an independent reckoning of invoices and estimates."""

from __future__ import annotations

from hypothesis import settings
from strategies import cases

from .lives.offers import Lives

TestLives = Lives.TestCase
TestLives.settings = settings(cases(40), stateful_step_count=30)
