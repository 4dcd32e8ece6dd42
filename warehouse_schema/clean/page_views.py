"""clean.page_views: everything about one page view in one row."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.purposes import WITHHELD
from warehouse_schema.table import Array, Column, Map, Struct, Table


def _ms(name: str, meaning: str, nullable: bool = True, low: float | None = 0) -> Column:
    return Column(name, "long", meaning, "ms", nullable=nullable, low=low)


def _count(name: str, meaning: str, unit: str, nullable: bool = True) -> Column:
    return Column(name, "int", meaning, unit, nullable=nullable, low=0)


def _flag(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, "boolean", meaning, nullable=nullable)


def _first(mart: str, entry: str = "entry", *, name: str = "is_first_in", within: str = "this visitor") -> Column:
    return _flag(
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
        _ms("dwell_ms", "Time the cursor rested in the cell, capped at 5 s per rest; NULL on touch."),
        _ms("active_ms", "The part of the dwell within 1 s of movement; NULL on touch."),
        _count("sample_count", "Samples in the cell at their own instant; NULL on touch.", "samples"),
        _count("stay_count", "Unbroken stays of at least 150 ms; NULL on touch.", "stays"),
        _count("click_count", "Clicks in the cell; NULL if clicks are not measured.", "clicks"),
        _first("hover_heatmap"),
    )
)
HOVER = Struct(
    (
        Column("target", "string", "Item or zone under the cursor."),
        _ms("start_ms", "First sample on the target, since the page view's start.", nullable=False),
        _ms("dwell_ms", "Target dwell, at least 150 ms.", nullable=False),
        _ms("active_ms", "The part of the dwell within 1 s of movement.", nullable=False),
        _count("sample_count", "Samples of the hover.", "samples", nullable=False),
        _flag("is_long", "Dwell of at least 500 ms."),
        _flag(
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
        _flag("is_measurable", "Items and state were both measured on this page view."),
        _flag("is_impression", "In view for some time; NULL if items are not measured.", nullable=True),
        _ms("first_visible_ms", "First instant in view, since the page view's start; NULL if never seen."),
        _ms("visible_any_ms", "Time with any part in view."),
        _ms("visible_ms", "Time with at least half in view."),
        _ms("fully_visible_ms", "Time wholly in view."),
        _ms("longest_spell_ms", "Longest unbroken time with at least half in view."),
        _count("spell_count", "Unbroken spells with at least half in view.", "spells"),
        _flag("is_viewable", "Longest spell at least 1 s, 2 s for video.", nullable=True),
        _flag("is_viewable_large", "Large items: 1 s at 30 %; NULL for others.", nullable=True),
        _flag(
            "is_viewable_tall",
            "Items taller than two viewports: 1 s of half the item or half the viewport; NULL for others.",
            nullable=True,
        ),
        _flag("is_subsecond", "Longest spell between 0.5 and 1 s, both excluded.", nullable=True),
        _flag("is_skip", "Seen by half for less than 1 s and not clicked; NULL without clicks.", nullable=True),
        _count("hover_count", "Hovers on the item; NULL on touch.", "hovers"),
        _ms("hover_ms", "Target dwell on the item, short touches included; NULL on touch."),
        _ms("hover_visible_ms", "The part of hover_ms with at least half of the item in view."),
        _ms("attended_ms", "Engaged time split over the items in view by viewport share, rounded down."),
        _count("click_count", "Clicks with this target; NULL without clicks.", "clicks"),
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
        _count("hover_count", "Hovers on the zone; NULL on touch.", "hovers"),
        _count("long_hover_count", "The hovers of at least 500 ms.", "hovers"),
        _count("unclicked_hover_count", "The hovers without a click; NULL without clicks.", "hovers"),
        _ms("dwell_ms", "Target dwell of the hovers."),
        _ms("active_ms", "The part of the dwell within 1 s of movement."),
        Column("hover_dwells_ms", Array("long"), "Dwell of each hover, in order; NULL on touch.", "ms", nullable=True),
        _count("click_count", "Clicks with this target; NULL without clicks.", "clicks"),
        _first("zone_attention"),
    )
)
CLICK = Struct(
    (
        _ms("t_ms", "Instant of the click.", nullable=False),
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
        _ms("visible_ms", "Time in which the row lay wholly within the viewport.", nullable=False),
        _first("viewport_exposure"),
    )
)

PAGE_VIEWS = Table(
    name="clean.page_views",
    one_row_per="page view",
    meaning="Everything measured on one page view: context, time, cursor, feed and visibility.",
    grain=("event_date", "visitor_key", "page_view_id"),
    columns=(
        s.EVENT_DATE,
        s.VISITOR_KEY,
        s.KEY_ID,
        s.PAGE_VIEW_ID,
        s.SESSION_ID,
        Column("started_at", "timestamp", "Repaired start, from the lowest beacon."),
        s.SURFACE,
        s.URL,
        s.LAYOUT_ID,
        s.DOCUMENT_W,
        s.DOCUMENT_H,
        s.DEVICE_TYPE,
        s.POINTER_TYPE,
        s.PLATFORM,
        s.VIEWPORT_W,
        s.VIEWPORT_H,
        s.VIEWPORT_CLASS,
        s.USER_AGENT,
        s.APP_VERSION,
        s.PURPOSES,
        Column("experiments", Map(), "Experiment to arm.", nullable=True),
        Column(
            "traffic_class",
            "string",
            "declared_bot by its user agent, suspected_bot by two reasons of other kinds, else human; never deleted.",
            allowed=("human", "declared_bot", "suspected_bot"),
        ),
        Column(
            "traffic_reasons",
            Array("string"),
            f"What speaks for a program, sorted; empty if nothing: {', '.join(s.TRAFFIC_REASONS)}.",
            personal=True,
        ),
        _flag("is_clock_suspect", "The lowest beacon's device clock ran backwards between start and sending."),
        _count("beacons_received", "Beacons used: distinct seq.", "beacons", nullable=False),
        _count(
            "beacons_missing",
            "Numbers up to the highest that never came, withheld ones included.",
            "beacons",
            nullable=False,
        ),
        _count("beacons_duplicate", "Repeats of the same beacon.", "beacons", nullable=False),
        _count("beacons_conflicting", "Other beacons under a number already taken.", "beacons", nullable=False),
        _flag("is_closed", "A closing beacon was received."),
        _flag("is_state_measured", "The state stream is present; without it all time counts as visible."),
        _count("unknown_position_count", "Pointer records without a known position; NULL without pointer.", "records"),
        _ms("gap_ms", "Time in gaps of more than 30 minutes without any event, not looked at.", nullable=False),
        _ms("absolute_ms", "End of view: time since start until the last sign of life.", nullable=False),
        _ms("visible_ms", "Time shown and in the foreground.", nullable=False),
        _ms("engaged_ms", "Time within 5 s after an input, while focused; NULL if no input is measured."),
        Column(
            "scroll_depth_px",
            "double",
            "Lowest document offset that reached the viewport's bottom.",
            "css px",
            nullable=True,
        ),
        Column(
            "scroll_depth_share", "double", "Scroll depth over document height.", "0..1", nullable=True, low=0, high=1
        ),
        _count("rage_count", "Bursts of 3 or more clicks in one place; NULL if clicks are not measured.", "bursts"),
        _count("thrash_count", "Times the cursor was shaken to and fro; NULL on touch.", "events"),
        Column(
            "heat_cells",
            Array(HEAT_CELL),
            "Where the cursor rested and clicked; NULL if neither is measured.",
            nullable=True,
            personal=True,
        ),
        Column("hovers", Array(HOVER), "Hovers on targets, by start; NULL on touch.", nullable=True, personal=True),
        Column(
            "item_views",
            Array(ITEM_VIEW),
            "Items and how long they were in view; NULL if not measured.",
            nullable=True,
            personal=True,
        ),
        Column(
            "zone_views",
            Array(ZONE_VIEW),
            "Zones that were hovered or clicked; NULL if neither is measured.",
            nullable=True,
            personal=True,
        ),
        Column("clicks", Array(CLICK), "Clicks in order; NULL if not measured.", nullable=True, personal=True),
        Column("visibility", Array(VISIBILITY), "When the page was visible, in UTC.", personal=True),
        Column(
            "exposure",
            Array(EXPOSURE),
            "Document rows and how long they were in view; NULL without viewport height.",
            nullable=True,
            personal=True,
        ),
    ),
    partition_by=("event_date",),
    retention_days=30,
    caveats=(
        "Item times must never be summed into page time: items overlap on the screen.",
        "Where keys change (key_id), a visitor has another visitor_key from midnight UTC on: a page view whose beacons start on "
        "both sides is two page views, and a session two sessions; ops.dq_profile counts them.",
        "Without a scroll stream the page is taken as not scrolled.",
        "Targets and item ids longer than max_target_chars, or like an e-mail address or a number to dial, are `hashed:` and "
        "32 hex digits; equal ones stay equal. See [privacy](../privacy.md#free-text).",
    ),
)
