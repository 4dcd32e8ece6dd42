"""Columns that several tables share, declared once so that they mean the same everywhere."""

from __future__ import annotations

from warehouse_schema.table import Array, Column

#: The value of a key column when the tracker did not send it.
MISSING = "(none)"

VIEWPORT_CLASSES = ("<480", "<768", "<1024", "<1440", "<1920", ">=1920", MISSING)

#: Buckets of the place in the feed, by the lowest rank of each; ranks below 1 and unknown ones are MISSING.
FEED_RANK_BUCKETS = {"1": 1, "2": 2, "3": 3, "4-5": 4, "6-10": 6, "11-20": 11, "21-50": 21, "51+": 51}

#: Why a page view looks like a program's (METRICS 5), as `traffic_reasons` stores them, sorted.
TRAFFIC_REASONS = (
    "clicks_without_samples",
    "collinear_steps",
    "constant_interval",
    "fast_steps",
    "input_every_hour",
    "user_agent",
)

#: What no group size can do: caveats of every mart.
GROUP_SIZE_CAVEATS = (
    "No row is of fewer than min_visitors people, but who keeps two releases of a date can subtract them: the difference may be "
    "one person whose beacons came late. publish_provisional = none publishes a date once, when it can no longer change.",
    "Invented visitors can fill a group: of min_visitors people of whom all but one were made up, the row is about that one.",
)

EVENT_DATE = Column(
    "event_date",
    "date",
    "UTC date of the repaired start of the page view's lowest beacon; a page view over midnight belongs to one date.",
)
LANDING_DATE = Column("landing_date", "date", "UTC date on which the collector received the file, from its folder.")
VISITOR_KEY = Column(
    "visitor_key",
    "string",
    "Pseudonym of the visitor: HMAC-SHA256 of the tracker's visitor id under the key named in key_id, as 64 hex digits.",
    personal=True,
    example="5e" * 32,
)
#: The first key of a ring: that of all rows which were written before keys had ids.
FIRST_KEY_ID = "1"
KEY_ID = Column(
    "key_id",
    "string",
    "Number of the key behind the pseudonym, by the UTC start date; a visitor has another pseudonym under each key.",
    example=FIRST_KEY_ID,
)
PAGE_VIEW_ID = Column(
    "page_view_id", "string", "One page load or one app screen, named by the tracker.", personal=True, example="pv-1"
)
SESSION_ID = Column("session_id", "string", "The tracker's own session, if it has any.", nullable=True, personal=True)
SURFACE = Column("surface", "string", "Kind of page, for example feed or profile.", example="feed")
URL = Column(
    "url",
    "string",
    "Address of the page, without fragment and user information, and of its query only what url_query_allowed names.",
    nullable=True,
    personal=True,
)
LAYOUT_ID = Column("layout_id", "string", "Page version or template; cells compare only within one.", example="feed-v7")
DOCUMENT_W = Column("document_w_px", "double", "Width of the document.", "css px", nullable=True)
DOCUMENT_H = Column(
    "document_h_px", "double", "Height of the document; a feed grows, so the largest seen.", "css px", nullable=True
)
DEVICE_TYPE = Column("device_type", "string", "desktop, phone or tablet, as the tracker says.", example="desktop")
POINTER_TYPE = Column("pointer_type", "string", "mouse, touch or pen; on touch there is no hover.", example="mouse")
PLATFORM = Column("platform", "string", "web, ios or android, as the tracker says.", example="web")
VIEWPORT_W = Column("viewport_w_px", "double", "Width of the viewport.", "css px", nullable=True, example=1280.0)
VIEWPORT_H = Column("viewport_h_px", "double", "Height of the viewport.", "css px", nullable=True, example=800.0)
VIEWPORT_CLASS = Column(
    "viewport_class",
    "string",
    "Viewport width, classed at 480, 768, 1024, 1440 and 1920 px.",
    allowed=VIEWPORT_CLASSES,
    example="<1440",
)
USER_AGENT = Column(
    "user_agent", "string", "The browser's or app's own words about itself.", nullable=True, personal=True
)
APP_VERSION = Column("app_version", "string", "Version of the app or of the page's tracker.", nullable=True)
PURPOSES = Column(
    "purposes",
    Array("string"),
    "What the visitor consented to, sorted; Global Privacy Control removes ads.",
    example=["product_development"],
)

VISITOR_COUNT = Column(
    "visitor_count",
    "long",
    "Distinct visitors behind exactly this row; never add it over rows.",
    "visitors",
    low=1,
    example=60,
)
PAGE_VIEW_COUNT = Column("page_view_count", "long", "Page views behind this row.", "page views", low=1, example=80)
IS_REMAINDER = Column(
    "is_remainder",
    "boolean",
    "True where groups below min_visitors were folded together; the keys folded away are then NULL.",
    example=False,
)
