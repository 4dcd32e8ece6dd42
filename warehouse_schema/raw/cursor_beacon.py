"""raw: `cursor-beacon/1`, one line per beacon: what one page view collected since its last flush.

Declared once; the Spark schema that the landing job parses with, the JSON Schema for trackers and the docs page
are derived from this file.
"""

from __future__ import annotations

from warehouse_schema.table import Array, Column, Map, Struct, Type

SCHEMA_ID = "cursor-beacon/1"

#: Days after its landing date for which a raw file is kept.
RETENTION_DAYS = 10

#: Fields without which a beacon cannot be placed: their absence is the reason `missing_field`.
REQUIRED = (
    "schema",
    "beacon_id",
    "page_view_id",
    "seq",
    "visitor_id",
    "started_at_ms",
    "sent_at_ms",
    "received_at_ms",
    "page",
    "device",
)

STREAMS = ("pointer", "clicks", "scroll", "items", "state")

#: Arrays that every non-empty stream must have, all of one length. Other arrays of a stream may be left out: NULLs.
STREAM_REQUIRED = {
    "pointer": ("t_ms", "x_px", "y_px"),
    "clicks": ("t_ms", "x_px", "y_px"),
    "scroll": ("t_ms", "y_px"),
    "items": ("t_ms", "item_id", "visible_share"),
    "state": ("t_ms", "state"),
}

STATES = ("visible", "hidden", "focused", "blurred", "foreground", "background", "screen_off")


def _stream(*fields: tuple[str, str, str, str | None]) -> Struct:
    return Struct(
        tuple(
            Column(name, Array(type_), meaning, unit, nullable=True)
            for name, type_, meaning, unit in (("t_ms", "long", "Instants.", "ms since start"), *fields)
        )
    )


_X = ("x_px", "double", "Position in the viewport; null when the pointer has left.", "css px")
_Y = ("y_px", "double", "Position in the viewport; null when the pointer has left.", "css px")
_TARGET = ("target", "string", "The item if the pointer is inside one, else the zone, else null.", None)


def _nullable(name: str, type_: Type, meaning: str, unit: str | None = None) -> Column:
    return Column(name, type_, meaning, unit, nullable=True)


PAGE = Struct(
    (
        _nullable("surface", "string", "Kind of page: feed, profile, ..."),
        _nullable("url", "string", "Address of the page."),
        _nullable("layout_id", "string", "Page version or template."),
        _nullable("document_w_px", "double", "Width of the document.", "css px"),
        _nullable("document_h_px", "double", "Height of the document.", "css px"),
    )
)
DEVICE = Struct(
    (
        _nullable("type", "string", "desktop, phone or tablet."),
        _nullable("pointer", "string", "mouse, touch or pen."),
        _nullable("platform", "string", "web, ios or android."),
        _nullable("viewport_w_px", "double", "Width of the viewport.", "css px"),
        _nullable("viewport_h_px", "double", "Height of the viewport.", "css px"),
        _nullable("user_agent", "string", "User agent string."),
        _nullable("app_version", "string", "Version of the app or tracker."),
    )
)
CONSENT = Struct(
    (
        _nullable("purposes", Array("string"), "Purposes consented to: product_development, ads, ..."),
        _nullable("gpc", "boolean", "Global Privacy Control signal."),
    )
)
POINTER = _stream(_X, _Y, _TARGET)
CLICKS = _stream(_X, _Y, _TARGET)
SCROLL = _stream(("y_px", "double", "Document offset of the viewport's top; holds until the next.", "css px"))
ITEMS = _stream(
    ("item_id", "string", "Slot in the page view, unique there.", None),
    ("visible_share", "double", "Share of the item's area in view.", "0..1"),
    ("viewport_share", "double", "Share of the viewport's area that the item covers.", "0..1"),
)
STATE = _stream(("state", "string", " / ".join(STATES) + ".", None))
ITEM_META = Struct(
    (
        _nullable("item_id", "string", "Slot in the page view."),
        _nullable("item_type", "string", "story, ad, video or zone."),
        _nullable("feed_rank", "int", "Place in the feed, from 1."),
        _nullable("width_px", "double", "Width of the item.", "css px"),
        _nullable("height_px", "double", "Height of the item.", "css px"),
        _nullable("topic", "string", "Topic of the item."),
        _nullable("ad_id", "string", "The creative, if the item is an advertisement."),
    )
)

COLUMNS = (
    Column("schema", "string", "Always cursor-beacon/1.", allowed=(SCHEMA_ID,), example=SCHEMA_ID),
    Column("beacon_id", "string", "Unique; a retry keeps it.", example="b-1"),
    Column("page_view_id", "string", "One page load or one app screen.", example="pv-1"),
    Column("seq", "int", "Number of the beacon within the page view, from 0.", low=0, example=0),
    _nullable("is_last", "boolean", "True on the closing beacon; most mobile views never send one."),
    Column("visitor_id", "string", "First-party id; never leaves landing.", personal=True, example="v-1"),
    _nullable("session_id", "string", "The tracker's own session, if any."),
    Column("started_at_ms", "long", "Device clock at the page view's start.", "epoch ms", example=1795168800000),
    Column(
        "sent_at_ms",
        "long",
        "Device clock at the moment of sending, set anew at each attempt.",
        "epoch ms",
        example=1795168805000,
    ),
    Column("received_at_ms", "long", "Collector clock.", "epoch ms", example=1795168805100),
    Column(
        "observed_until_ms",
        "long",
        "How long the page had been watched at this flush.",
        "ms since start",
        nullable=True,
        low=0,
    ),
    Column("page", PAGE, "The page."),
    Column("device", DEVICE, "The device."),
    _nullable("consent", CONSENT, "Consent in force for this beacon; without product_development it is withheld."),
    _nullable("experiments", Map(), "Experiment to arm."),
    _nullable("pointer", POINTER, "Pointer samples; absent means not measured."),
    _nullable("clicks", CLICKS, "Clicks and taps; absent means not measured."),
    _nullable("scroll", SCROLL, "Scroll offsets; absent means not measured."),
    _nullable("items", ITEMS, "Shares of items in view, a step function; absent means not measured."),
    _nullable("item_meta", Array(ITEM_META), "What the items are."),
    _nullable("state", STATE, "Tab, window and app state; absent means not measured."),
)
