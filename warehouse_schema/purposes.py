"""Which purposes let which data be kept: one matrix over all tables, that landing, kernel and marts read.

A visitor consents to purposes, beacon by beacon; Global Privacy Control removes `ads`. A page view has the purposes that
all its accepted beacons have. What lacks a purpose is left out, or withheld: then `WITHHELD` stands in its place, or NULL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: For a beacon to be stored at all; for anything that says which advertisement somebody saw.
PRODUCT_DEVELOPMENT, ADS = "product_development", "ads"
PURPOSES: dict[str, str] = {
    PRODUCT_DEVELOPMENT: "to be kept at all",
    ADS: "for anything that says which advertisement it was",
}
#: What Global Privacy Control takes away, whatever was consented to.
REMOVED_BY_GPC = (ADS,)
#: In place of an ad_id: it was an advertisement, and which is nobody's business.
WITHHELD = "(withheld)"


@dataclass(frozen=True)
class Needs:
    """What one table asks for: `rows` are purposes without which nothing of anybody is in a row, none where rows say
    nothing of a single person's page views; `columns` ask for one purpose more, `ad_entries` of each entry with an ad_id.

    Without it a column holds WITHHELD or NULL, and such an entry counts nowhere. Columns are named as on the docs page,
    `list[].field`; each is withheld only where an entry has an ad_id.
    """

    rows: tuple[str, ...]
    note: str
    columns: Mapping[str, str] = field(default_factory=dict)
    ad_entries: str | None = None


_OF_ITEMS = "Item views with an ad_id count only where it is given."
_NO_ADS = "No entry says which advertisement it was."
_COUNTS = "Counts of files, lines, beacons and page views, refusers' among them; nothing that was on a page."


def _people(note: str, ad_entries: str | None = None, *more: str) -> Needs:
    return Needs((PRODUCT_DEVELOPMENT, *more), note, ad_entries=ad_entries)


def _withholding(note: str, *columns: str) -> Needs:
    return Needs((PRODUCT_DEVELOPMENT,), note, dict.fromkeys(columns, ADS))


MATRIX: dict[str, Needs] = {
    "clean.beacons": _withholding(
        "Each beacon is judged by its own purposes.", "item_meta[].ad_id", "item_meta[].topic"
    ),
    "clean.rejected_beacons": _people(
        "Lines whose purposes cannot be read (`oversized`, `malformed_json`, `unknown_schema`) leave their hash, too."
    ),
    "clean.page_views": _withholding(
        "Each page view is judged by the purposes that all its beacons have.",
        "item_views[].ad_id",
        "item_views[].topic",
    ),
    "mart.hover_heatmap_daily": _people(_NO_ADS),
    "mart.viewport_exposure_daily": _people(_NO_ADS),
    "mart.zone_attention_daily": _people(_NO_ADS),
    "mart.story_attention_daily": _people(_OF_ITEMS, ADS),
    "mart.feed_attention_daily": _people(_OF_ITEMS, ADS),
    "mart.ad_attention_daily": _people("Every entry has an ad_id.", ADS, ADS),
    "mart.feed_visibility_minutes": _people(_NO_ADS),
    "mart.session_attention_daily": _people(_NO_ADS),
    "mart.reach_daily": _people(_NO_ADS),
    "ops.runs": Needs((), "One row per run."),
    "ops.input_files": Needs((), _COUNTS),
    "ops.reconciliation": Needs((), _COUNTS),
    "ops.dq_results": Needs((), "Results of checks, in counts and shares."),
    "ops.dq_profile": _people(f"Numbers of many page views. {_OF_ITEMS}", ADS),
    "restricted.reconciliation": _people(
        "Sums by mart, and those that do not count: what items with an ad_id come to for refusers, all ads together."
    ),
}


def allows(purposes: str, purpose: str) -> str:
    """SQL of Spark and of DuckDB: the list of purposes has this one; NULL without a list."""
    return f"array_contains({purposes}, '{purpose}')"


def counts(table: str, ad_id: str, purposes: str = "purposes") -> str:
    """SQL: an entry may count in the table: it has no `ad_id`, or its page view has the purpose that such entries need."""
    needed = MATRIX[table].ad_entries
    return f"({ad_id} IS NULL OR {allows(purposes, needed)})" if needed else "TRUE"
