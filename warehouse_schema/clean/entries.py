"""Entries of the lists in clean.page_views, and columns of the kinds that they are made of."""

from __future__ import annotations

from warehouse_schema.purposes import WITHHELD
from warehouse_schema.table import Array, Column, Struct


def ms(name: str, meaning: str, nullable: bool = True, low: float | None = 0) -> Column:
    """A duration or an instant."""
    return Column(name, "long", meaning, "ms", nullable=nullable, low=low)


def count(name: str, meaning: str, unit: str, nullable: bool = True) -> Column:
    """How many of the unit."""
    return Column(name, "int", meaning, unit, nullable=nullable, low=0)


def flag(name: str, meaning: str, nullable: bool = False) -> Column:
    """True or false."""
    return Column(name, "boolean", meaning, nullable=nullable)


def _first(mart: str, entry: str = "entry", *, name: str = "is_first_in", within: str = "this visitor") -> Column:
    return flag(
        f"{name}_{mart}",
        f"True on the first {entry} of {within} at the grain of mart.{mart}_daily, among the entries that count there.",
    )


def _first_of_page_view(mart: str) -> Column:
    return _first(mart, name="is_first_of_page_view_in", within="this page view")


HEAT_CELL = Struct(
    (
        Column("space", "string", "viewport or document: what the cell is fixed to.", allowed=("viewport", "document")),
        Column("cell_x", "int", "Column of the cell, floor(x / 32); may be negative.", "cells"),
        Column("cell_y", "int", "Row of the cell, floor(y / 32), plus the scroll offset in document space.", "cells"),
        ms("dwell_ms", "Time the cursor rested in the cell, capped at 5 s per rest; NULL on touch."),
        ms("active_ms", "The part of the dwell within 1 s of movement; NULL on touch."),
        count("sample_count", "Samples in the cell at their own instant; NULL on touch.", "samples"),
        count("stay_count", "Unbroken stays of at least 150 ms; NULL on touch.", "stays"),
        count("click_count", "Clicks in the cell; NULL if clicks are not measured.", "clicks"),
        _first("hover_heatmap"),
    )
)
HOVER = Struct(
    (
        Column("target", "string", "Item or zone under the cursor."),
        ms("start_ms", "First sample on the target, since the page view's start.", nullable=False),
        ms("dwell_ms", "Target dwell, at least 150 ms.", nullable=False),
        ms("active_ms", "The part of the dwell within 1 s of movement.", nullable=False),
        count("sample_count", "Samples of the hover.", "samples", nullable=False),
        flag("is_long", "Dwell of at least 500 ms."),
        flag(
            "is_clicked",
            "A click on the target during the hover or within 1 s after; NULL without clicks.",
            nullable=True,
        ),
    )
)
ITEM_VIEW = Struct(
    (
        Column("item_id", "string", "Slot in the page view, unique there."),
        Column("item_type", "string", "story, ad, video or zone; (none) if the tracker did not say."),
        Column("feed_rank", "int", "Place in the feed, from 1.", nullable=True),
        Column("topic", "string", "Topic of the item; NULL where ad_id is withheld.", nullable=True),
        Column(
            "ad_id",
            "string",
            f"The creative, if the item is an advertisement; {WITHHELD} without the purpose ads.",
            nullable=True,
        ),
        Column("width_px", "double", "Width of the item.", "css px", nullable=True),
        Column("height_px", "double", "Height of the item.", "css px", nullable=True),
        flag("is_measurable", "Items and state were both measured on this page view."),
        flag("is_impression", "In view for some time; NULL if items are not measured.", nullable=True),
        ms("first_visible_ms", "First instant in view, since the page view's start; NULL if never seen."),
        ms("visible_any_ms", "Time with any part in view."),
        ms("visible_ms", "Time with at least half in view."),
        ms("fully_visible_ms", "Time wholly in view."),
        ms("longest_spell_ms", "Longest unbroken time with at least half in view."),
        count("spell_count", "Unbroken spells with at least half in view.", "spells"),
        flag("is_viewable", "Longest spell at least 1 s, 2 s for video.", nullable=True),
        flag("is_viewable_large", "Large items: 1 s at 30 %; NULL for others.", nullable=True),
        flag(
            "is_viewable_tall",
            "Items taller than two viewports: 1 s of half the item or half the viewport; NULL for others.",
            nullable=True,
        ),
        flag("is_subsecond", "Longest spell between 0.5 and 1 s, both excluded.", nullable=True),
        flag("is_skip", "Seen by half for less than 1 s and not clicked; NULL without clicks.", nullable=True),
        count("hover_count", "Hovers on the item; NULL on touch.", "hovers"),
        ms("hover_ms", "Target dwell on the item, short touches included; NULL on touch."),
        ms("hover_visible_ms", "The part of hover_ms with at least half of the item in view."),
        ms("attended_ms", "Engaged time split over the items in view by viewport share, rounded down."),
        count("click_count", "Clicks with this target; NULL without clicks.", "clicks"),
        _first("story_attention"),
        _first("feed_attention"),
        _first_of_page_view("feed_attention"),
        _first("ad_attention"),
        _first_of_page_view("ad_attention"),
        _first("ad_attention", "measurable and viewable entry", name="is_first_viewable_in"),
    )
)
ZONE_VIEW = Struct(
    (
        Column("target", "string", "The zone: a target that is no item of the page view, or an item of type zone."),
        count("hover_count", "Hovers on the zone; NULL on touch.", "hovers"),
        count("long_hover_count", "The hovers of at least 500 ms.", "hovers"),
        count("unclicked_hover_count", "The hovers without a click; NULL without clicks.", "hovers"),
        ms("dwell_ms", "Target dwell of the hovers."),
        ms("active_ms", "The part of the dwell within 1 s of movement."),
        Column("hover_dwells_ms", Array("long"), "Dwell of each hover, in order; NULL on touch.", "ms", nullable=True),
        count("click_count", "Clicks with this target; NULL without clicks.", "clicks"),
        _first("zone_attention"),
    )
)
CLICK = Struct(
    (
        ms("t_ms", "Instant of the click.", nullable=False),
        Column("x_px", "double", "Position in the viewport.", "css px", nullable=True),
        Column("y_px", "double", "Position in the viewport.", "css px", nullable=True),
        Column("target", "string", "What was clicked.", nullable=True),
    )
)
VISIBILITY = Struct(
    (
        Column("started_at", "timestamp", "Start of the interval, included."),
        Column("ended_at", "timestamp", "End of the interval, excluded."),
        Column(
            "end_reason",
            "string",
            "Why the page stopped being visible.",
            allowed=("hidden", "background", "screen_off", "gap", "closed", "last_seen"),
        ),
    )
)
EXPOSURE = Struct(
    (
        Column("cell_y", "int", "Document row of 32 px.", "cells"),
        ms("visible_ms", "Time in which the row lay wholly within the viewport.", nullable=False),
        _first("viewport_exposure"),
    )
)
