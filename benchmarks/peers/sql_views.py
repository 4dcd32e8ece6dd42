"""Common SQL: which lines count, which beacons survive, one row per page view, and its time base (METRICS 1).

Parsed lines are the table `lines` (raw_file, line_sha256, beacon); NULL beacons are lines that are no JSON.
"""

from __future__ import annotations

from benchmarks.peers.dialect import STREAM_ARRAYS, Dialect, Step
from jobs.config import Settings
from warehouse_schema.raw.cursor_beacon import SCHEMA_ID, STREAM_REQUIRED, STREAMS

DAY_MS = 86_400_000
CLOCK_END_MS = 4_102_444_800_000
_TEXTS = ("beacon_id", "page_view_id", "visitor_id")
_CLOCKS = ("started_at_ms", "sent_at_ms", "received_at_ms")


def accepted_beacons(settings: Settings, beacon_number: str) -> str:
    """The lines that count, flat; streams stay arrays. `beacon_number` is SQL that tells rows apart."""
    last = ", ".join(f"coalesce(array_max(beacon.{name}.t_ms), 0)" for name in STREAMS)
    timed = f"SELECT *, greatest({last}) AS last_t_ms FROM lines WHERE {_is_well_formed()}"
    age = "(beacon.sent_at_ms - beacon.started_at_ms)"
    repaired = f"IF({age} - last_t_ms < {-settings.clock_suspect_ms}, last_t_ms, {age})"
    started = (
        f"SELECT *, beacon.received_at_ms - {repaired} AS start_ms, {_landing_day()} AS landing_day FROM ({timed})"
    )
    late = f"landing_day - {_day('start_ms')} > {settings.late_window_days}"
    early = f"start_ms > CAST(landing_day + 1 AS BIGINT) * {DAY_MS} + {settings.future_tolerance_ms}"
    long = f"last_t_ms > {settings.max_page_view_ms}"
    return f"""SELECT {beacon_number} AS beacon_no, line_sha256, start_ms, last_t_ms, {_flat_columns(settings)}
        FROM ({started}) WHERE NOT ({late}) AND NOT ({early}) AND NOT ({long})"""


def _is_well_formed() -> str:
    """A beacon with consent, all that is required of it, and arrays of equal length without negative times."""
    conditions = [
        f"beacon.schema = '{SCHEMA_ID}'",
        "beacon.seq >= 0",
        "array_contains(beacon.consent.purposes, 'product_development')",
        "coalesce(beacon.observed_until_ms, 0) >= 0",
        "beacon.page IS NOT NULL AND beacon.device IS NOT NULL",
        *(f"beacon.{name} <> ''" for name in _TEXTS),
        *(f"beacon.{name} >= 0 AND beacon.{name} < {CLOCK_END_MS}" for name in _CLOCKS),
        *(f"coalesce(array_min(beacon.{name}.t_ms), 0) >= 0" for name in STREAMS),
        *(_is_even(stream, name) for stream in STREAMS for name in STREAM_ARRAYS[stream]),
    ]
    return " AND ".join(f"({condition})" for condition in conditions)


def _is_even(stream: str, name: str) -> str:
    length = f"coalesce(array_size(beacon.{stream}.t_ms), 0)"
    mine = f"array_size(beacon.{stream}.{name})"
    missing = "0" if name in STREAM_REQUIRED[stream] else length
    return f"coalesce({mine}, {missing}) = {length}"


def _landing_day() -> str:
    return "unix_date(CAST(regexp_extract(raw_file, 'landing_date=([0-9-]+)', 1) AS DATE))"


def _day(instant_ms: str) -> str:
    return f"CAST(floor({instant_ms} / {DAY_MS}) AS INT)"


def _flat_columns(settings: Settings) -> str:
    texts = {"surface": "page.surface", "layout_id": "page.layout_id", "device_type": "device.type"}
    texts["pointer_type"] = "device.pointer"
    sizes = ("viewport_w_px", "viewport_h_px")
    sent = ("visitor_id", "page_view_id", "seq", "received_at_ms", "observed_until_ms", "item_meta", *STREAMS)
    ads = "array_contains(beacon.consent.purposes, 'ads') AND NOT coalesce(beacon.consent.gpc, FALSE)"
    columns = [
        *(f"beacon.{name} AS {name}" for name in sent),
        *(f"coalesce(nullif(beacon.{path}, ''), '(none)') AS {name}" for name, path in texts.items()),
        *(f"{_size(f'beacon.device.{name}', settings.max_coordinate_px)} AS {name}" for name in sizes),
        "beacon.device.user_agent AS user_agent",
        f"IF({ads}, 1, 0) AS has_ads",
    ]
    return ", ".join(columns)


def _size(path: str, longest: float) -> str:
    return f"IF({path} > 0 AND {path} <= {longest}, {path}, NULL)"


def view_steps(dialect: Dialect, settings: Settings, numbers_from: int = 0) -> list[Step]:
    """From `beacons` to `survivors` (arrays kept, one row per seq), `views` (one row per page view), `edges`
    (stretches of one state) and `visible` (the maximal intervals of V). Page views are numbered (`pv`) above `numbers_from`."""
    return [
        ("survivors", _survivors(numbers_from)),
        ("views", _views(settings)),
        ("gaps", _gaps(dialect, settings)),
        ("edges", _edges(dialect)),
        ("visible", _visible()),
    ]


def _survivors(numbers_from: int) -> str:
    """The window sees narrow rows only; wide ones are joined to it by number."""
    rival = (
        "row_number() OVER (PARTITION BY visitor_id, page_view_id, seq ORDER BY received_at_ms, line_sha256, beacon_no)"
    )
    ranked = f"SELECT beacon_no, visitor_id, page_view_id, seq, {rival} AS rival FROM beacons"
    place = "row_number() OVER (PARTITION BY visitor_id, page_view_id ORDER BY seq) AS place"
    number = f"dense_rank() OVER (ORDER BY visitor_id, page_view_id) + {numbers_from} AS pv"
    kept = f"SELECT beacon_no, {place}, {number} FROM ({ranked}) WHERE rival = 1"
    return f"SELECT b.*, k.pv, k.place FROM beacons b JOIN ({kept}) k ON b.beacon_no = k.beacon_no"


def _views(settings: Settings) -> str:
    first: tuple[str, ...] = ("visitor_id", "page_view_id", "start_ms", "surface", "layout_id", "device_type")
    first += ("pointer_type", "viewport_w_px", "viewport_h_px", "user_agent")
    has = [f"max(IF({stream}.t_ms IS NOT NULL, 1, 0)) AS has_{stream}" for stream in STREAMS]
    columns = [
        *(f"max(IF(place = 1, {name}, NULL)) AS {name}" for name in first),
        "min(has_ads) AS has_ads",
        "max(last_t_ms) AS last_event_ms",
        "max(coalesce(observed_until_ms, -1)) AS observed_ms",
        "max(IF(item_meta IS NOT NULL, 1, 0)) AS has_meta",
        *has,
    ]
    grouped = f"SELECT pv, {', '.join(columns)} FROM survivors GROUP BY pv"
    watched = f"least(observed_ms, last_event_ms + {settings.max_gap_ms})"
    return f"""SELECT *, {_day("start_ms")} AS event_day, greatest(last_event_ms, {watched}) AS end_ms,
        {_viewport_class()} AS viewport_class, IF(has_pointer = 1 AND pointer_type <> 'touch', 1, 0) AS has_cursor
        FROM ({grouped})"""


def _viewport_class() -> str:
    classes = " ".join(f"WHEN viewport_w_px < {px} THEN '<{px}'" for px in (480, 768, 1024, 1440, 1920))
    return f"CASE WHEN viewport_w_px IS NULL THEN '(none)' {classes} ELSE '>=1920' END"


def _gaps(dialect: Dialect, settings: Settings) -> str:
    """Times of more than max_gap_ms without an event; only long page views are looked at."""
    long = f"(SELECT s.* FROM survivors s JOIN views v ON s.pv = v.pv WHERE v.last_event_ms > {settings.max_gap_ms})"
    instants = [f"SELECT pv, t_ms FROM ({dialect.records(stream, long)})" for stream in STREAMS]
    instants.append("SELECT pv, 0 AS t_ms FROM views")
    following = "lead(t_ms) OVER (PARTITION BY pv ORDER BY t_ms)"
    pairs = f"SELECT pv, t_ms AS start_ms, {following} AS stop_ms FROM ({' UNION ALL '.join(instants)})"
    return f"SELECT * FROM ({pairs}) WHERE stop_ms - start_ms > {settings.max_gap_ms}"


def _edges(dialect: Dialect) -> str:
    """Stretches [t_ms, next_ms) of a page view in which no state changes; together they are [0, end of view)."""
    flags = {
        "shown": ("visible", "hidden"),
        "foreground": ("foreground", "background"),
        "focused": ("focused", "blurred"),
    }
    changes = [f"CASE state WHEN '{on}' THEN 1 WHEN '{off}' THEN 0 END" for on, off in flags.values()]
    changes[1] = "CASE state WHEN 'foreground' THEN 1 WHEN 'background' THEN 0 WHEN 'screen_off' THEN 0 END"
    marks = f"""SELECT pv, 0 AS t_ms, -1 AS seq, -1 AS pos, 1 AS shown, 1 AS foreground, 1 AS focused, 1 AS watched FROM views
        UNION ALL SELECT pv, t_ms, seq, pos, {", ".join(changes)}, NULL FROM ({dialect.records("state", "survivors")})
        UNION ALL SELECT pv, stop_ms, -1, 0, NULL, NULL, NULL, 1 FROM gaps
        UNION ALL SELECT pv, start_ms, -1, 1, NULL, NULL, NULL, 0 FROM gaps"""
    known = ", ".join(f"{dialect.last_known(flag, 'w')} AS {flag}" for flag in (*flags, "watched"))
    stretches = f"""SELECT pv, t_ms, lead(t_ms) OVER w AS following_ms, {known} FROM ({marks})
        WINDOW w AS (PARTITION BY pv ORDER BY t_ms, seq, pos)"""
    seen = "IF(shown = 1 AND foreground = 1 AND watched = 1, 1, 0)"
    ended = f"""SELECT s.pv, s.t_ms, coalesce(following_ms, end_ms) AS next_ms, end_ms,
        {seen} AS is_visible, {seen} * focused AS is_focused FROM ({stretches}) s JOIN views v ON s.pv = v.pv"""
    before = "lag(is_visible) OVER (PARTITION BY pv ORDER BY t_ms)"
    return f"SELECT *, {before} AS was_visible FROM ({ended}) WHERE t_ms < next_ms"


def _visible() -> str:
    """Edges lie side by side: visible ones in a row are one interval."""
    opens = "sum(IF(coalesce(was_visible, 0) = 0, 1, 0)) OVER (PARTITION BY pv ORDER BY t_ms)"
    numbered = f"SELECT pv, t_ms, next_ms, {opens} AS interval_no FROM edges WHERE is_visible = 1"
    return f"SELECT pv, min(t_ms) AS start_ms, max(next_ms) AS stop_ms FROM ({numbered}) GROUP BY pv, interval_no"
