"""Hypothesis profiles: a quick one for every run, `HYPOTHESIS_PROFILE=deep` for thousands of page views."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Nights are nested data: slow to generate, never to be shortened by a stopwatch on a busy machine.
_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]
#: Examples of the slowest property; the others take shares of it.
settings.register_profile("quick", max_examples=12, deadline=None, derandomize=True, suppress_health_check=_PATIENT)
settings.register_profile("deep", max_examples=1500, deadline=None, suppress_health_check=_PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
