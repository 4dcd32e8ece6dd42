"""Rules about clean.beacons: what landing promises of every line that it accepts."""

from __future__ import annotations

from expectations.rules import PRIVACY, PSEUDONYM, TRACKER, Rule
from warehouse_schema.clean.beacons import BEACONS
from warehouse_schema.purposes import MATRIX, allows

RULES = (
    Rule(
        "visitor_is_pseudonym",
        f"visitor_key RLIKE '^{PSEUDONYM}$'",
        "A visitor's key is no pseudonym: the tracker's own id may have come past landing.",
        owner=PRIVACY,
    ),
    Rule(
        "has_purpose_product_development",
        " AND ".join(allows("purposes", purpose) for purpose in MATRIX[BEACONS.name].rows),
        "A beacon without the consent that landing asks for was kept.",
        owner=PRIVACY,
    ),
    Rule(
        "start_date_is_that_of_the_start",
        "start_date = to_date(timestamp_millis(start_ms))",
        "A beacon lies under another date than that of its start: its page view will be built on a wrong date.",
    ),
    Rule(
        "not_from_the_future",
        "start_ms <= unix_millis(CAST(date_add(landing_date, 1) AS TIMESTAMP)) + {future_tolerance_ms}",
        "A beacon starts after it was collected: a clock is misread.",
        owner=TRACKER,
    ),
)
