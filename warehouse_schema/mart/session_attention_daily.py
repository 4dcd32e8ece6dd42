"""mart.session_attention_daily: how long visits were and how engaged, one UTC day."""

from __future__ import annotations

from warehouse_schema import shared as s
from warehouse_schema.mart.measures import RETENTION_DAYS, additive_of, count, histogram, measured_ms
from warehouse_schema.table import Column, Table, nullable

SESSIONS = "sessions"

_PAGE_VIEWS = Column(
    "page_view_count",
    "long",
    "Page views of the sessions, also those after midnight.",
    "page views",
    low=1,
    example=80,
)
_SUMS = (
    count("session_count", "Sessions that began on the date.", SESSIONS),
    count(
        "engaged_session_count",
        "Sessions of at least two page views or of more than 10 s of engaged_ms.",
        SESSIONS,
    ),
    count("engaged_measured_count", "Sessions with engaged time measured on any page view.", SESSIONS),
    count("rage_measured_count", "Sessions with clicks measured on any page view.", SESSIONS),
    count("thrash_measured_count", "Sessions with the cursor measured on any page view: not on touch.", SESSIONS),
    measured_ms("engaged_ms", "Engaged time of the sessions; NULL if no page view measured it."),
    count("visible_ms", "Time in which the sessions' page views were visible, added over page views.", "ms"),
    count("rage_session_count", "Sessions with a burst of rage clicks; over rage_measured_count, the rate.", SESSIONS),
    count(
        "thrash_session_count",
        "Sessions with a thrashing cursor; over thrash_measured_count, the rate.",
        SESSIONS,
    ),
)

SESSION_ATTENTION_DAILY = Table(
    name="mart.session_attention_daily",
    one_row_per="day, device and platform",
    meaning="Sessions, how engaged they were, and in how many the visitor clicked or moved in rage.",
    grain=("event_date", "device_type", "platform"),
    columns=(
        Column("event_date", "date", "UTC date of the session's first page view; a session over midnight has one."),
        *nullable((s.DEVICE_TYPE, s.PLATFORM), "device_type", "platform"),
        s.IS_REMAINDER,
        s.VISITOR_COUNT,
        _PAGE_VIEWS,
        *_SUMS,
        histogram(
            "engaged_ms_hist",
            "Sessions with engaged time measured, by their engaged_ms, in the fixed bins of hist_edges_ms: first below "
            "the first edge, last from the last edge on.",
            SESSIONS,
        ),
    ),
    partition_by=("event_date",),
    retention_days=RETENTION_DAYS,
    is_total=True,
    additive=additive_of(_PAGE_VIEWS, *_SUMS),
    caveats=(
        "A session is the visitor's: its device and platform are its first page view's, also if it goes on elsewhere.",
        "Two tabs visible side by side count twice in visible_ms.",
        "A session ends after 30 min without a page view, and at midnight after a whole date without such a pause.",
        "A session over the midnight at which keys change (clean.page_views.key_id) is two sessions.",
        "engaged_ms is from the page views that measure any input; the others add nothing to it.",
        "A date's sessions are final only when the next date's page views have come.",
    ),
)
