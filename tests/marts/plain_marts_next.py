"""The plain marts of zones, places, ads, minutes, sessions and reach, by name."""

from __future__ import annotations

from tests.marts.plain_marts_items import ADS, FEED, ZONES
from tests.marts.plain_marts_time import MINUTES, REACH, SESSIONS

NIGHT_MARTS = {mart.name: mart for mart in (ZONES, FEED, ADS, MINUTES, SESSIONS, REACH)}
