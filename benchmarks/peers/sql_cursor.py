"""Common SQL: one sweep over all samples, scrolls and states of a page view in order, and what adds up from it
(METRICS 2, 4).

A *piece* is the time from one event to the next, in which nothing changes: one visible state, one scroll offset, one
sample. Every measure of the cursor is a sum of pieces; runs of pieces are stays, hovers and engaged intervals.
"""

from __future__ import annotations

from benchmarks.peers.dialect import Dialect, Step
from jobs.config import Settings

EDGE, SCROLL, TOUCH, SAMPLE, CLICK = range(5)
#: Before all time.
NEVER = -1_000_000_000
_MAX_OFFSET_PX = 1_000_000_000


def cursor_steps(dialect: Dialect, settings: Settings) -> list[Step]:
    """From `survivors`, `views` and `edges` to `runs` (pieces with the runs they belong to), `heat_cells`, `hovers`
    (sums per target) and `engaged` (intervals)."""
    return [
        ("events", _events(dialect, settings)),
        ("runs", _runs(dialect, settings)),
        ("heat_cells", _heat_cells(settings)),
        ("hovers", _hovers(settings)),
        (
            "engaged",
            "SELECT pv, min(t_ms) AS start_ms, max(engaged_until) AS stop_ms FROM runs "
            "WHERE is_engaged = 1 GROUP BY pv, engaged_run",
        ),
    ]


def is_known(settings: Settings) -> str:
    """A position: both coordinates given, finite, not a recorder's word for unknown."""
    most = settings.max_coordinate_px
    both = [f"{name} IS NOT NULL AND abs({name}) <= {most} AND {name} <> 65535" for name in ("x_px", "y_px")]
    return f"({' AND '.join(both)})"


def _events(dialect: Dialect, settings: Settings) -> str:
    """Edges, known scrolls (the last of an instant), clicks and pointer records; a finger's samples are inputs only.

    Events of one instant come in the order of their kinds; a record without a position is a SAMPLE that is not known.
    Every page view begins with an edge at 0.
    """
    known = f"IF({is_known(settings)}, 1, 0)"
    following = "lead(t_ms) OVER (PARTITION BY pv ORDER BY t_ms, seq, pos)"
    known_scrolls = f"SELECT * FROM ({dialect.records('scroll', 'survivors')}) WHERE abs(y_px) <= {_MAX_OFFSET_PX}"
    scrolls = f"SELECT pv, t_ms, y_px, {following} AS following_ms FROM ({known_scrolls})"
    nothing = "NULL, NULL, NULL"
    return dialect.in_order(f"""SELECT pv, t_ms, {EDGE} AS kind, 0 AS seq, 0 AS pos, 0 AS is_known,
            is_visible, is_focused, end_ms, IF(t_ms = 0, {NEVER}, IF(was_visible = 0, t_ms, NULL)) AS hidden_until,
            CAST(NULL AS DOUBLE) AS scroll_px, CAST(NULL AS DOUBLE) AS x_px, CAST(NULL AS DOUBLE) AS y_px,
            CAST(NULL AS STRING) AS target FROM edges
        UNION ALL SELECT pv, 0, {EDGE}, 0, 0, 0, 0, 0, 0, {NEVER}, NULL, {nothing} FROM views WHERE end_ms = 0
        UNION ALL SELECT pv, t_ms, {SCROLL}, 0, 0, 1, {nothing}, NULL, y_px, {nothing}
            FROM ({scrolls}) WHERE following_ms IS NULL OR following_ms > t_ms
        UNION ALL SELECT pv, t_ms, {CLICK}, seq, pos, 1, {nothing}, NULL, NULL, x_px, y_px, NULL
            FROM ({dialect.records("clicks", "survivors")}) WHERE {is_known(settings)}
        UNION ALL SELECT p.pv, t_ms, IF(has_cursor = 1, {SAMPLE}, {TOUCH}), seq, pos, {known}, {nothing}, NULL, NULL,
            x_px, y_px, coalesce(target, '')
            FROM ({dialect.records("pointer", "survivors")}) p JOIN views v ON p.pv = v.pv""")


def _runs(dialect: Dialect, settings: Settings) -> str:
    """Pieces, numbered by the runs of equal cells, targets and engagement that they belong to."""
    pieces = _pieces(_swept(dialect), settings)
    names = ("document", "viewport", "target", "engaged")
    numbers = ", ".join(f"sum(opens_{run}) OVER w AS {run}_run" for run in names)
    return f"SELECT *, {numbers} FROM ({_openings(dialect, pieces, settings)}) WINDOW w AS {dialect.window}"


def _swept(dialect: Dialect) -> str:
    """Each event with what is in force from it on; the first one of a page view says that nothing is yet."""
    first = f"kind = {EDGE} AND t_ms = 0"
    set_by = {
        "is_sampled": (f"kind = {SAMPLE}", "is_known", "0"),
        "sample_x": (f"kind = {SAMPLE}", "coalesce(x_px, 0)", "0"),
        "sample_y": (f"kind = {SAMPLE}", "coalesce(y_px, 0)", "0"),
        "sample_target": (f"kind = {SAMPLE}", "target", "''"),
        "rest_ms": (f"kind = {SAMPLE}", "t_ms", str(NEVER)),
        "input_ms": (f"kind > {EDGE} AND is_known = 1", "t_ms", str(NEVER)),
        "scroll_ms": (f"kind = {SCROLL}", "t_ms", str(NEVER)),
        "scrolled_px": (f"kind = {SCROLL}", "scroll_px", "0"),
        "edge_ms": (f"kind = {EDGE}", "t_ms", "0"),
    }
    carried = {
        name: f"IF({when}, {value}, IF({first}, {reset}, NULL))" for name, (when, value, reset) in set_by.items()
    }
    carried |= {f"now_{name}": name for name in ("is_visible", "is_focused", "end_ms", "hidden_until")}
    columns = [f"{dialect.last_known(value, 'w')} AS {name}" for name, value in carried.items()]
    following = "IF((lead(pv) OVER w) = pv, lead(t_ms) OVER w, NULL) AS following_ms"
    return f"""SELECT pv, t_ms, kind, seq, pos, x_px, y_px, IF({first}, 1, 0) AS is_first, {following}, {", ".join(columns)}
        FROM events WINDOW w AS {dialect.window}"""


def _pieces(swept: str, settings: Settings) -> str:
    """Lengths of pieces within V, and their cells. A first event is kept whatever its length: it bounds all runs."""
    cell = settings.cell_px
    capped = {"dwell_ms": settings.rest_ms, "active_ms": settings.active_ms}
    lengths = ", ".join(
        f"IF(is_sampled = 1 AND now_is_visible = 1, greatest(least(next_ms, rest_ms + {most}) - t_ms, 0), 0) AS {name}"
        for name, most in capped.items()
    )
    engaged_until = f"least(next_ms, input_ms + {settings.engaged_ms})"
    timed = f"SELECT *, coalesce(following_ms, greatest(now_end_ms, t_ms)) AS next_ms FROM ({swept})"
    return f"""SELECT *, {lengths}, CAST(floor(sample_x / {cell}) AS INT) AS cell_x,
            CAST(floor(sample_y / {cell}) AS INT) AS viewport_y,
            CAST(floor((sample_y + scrolled_px) / {cell}) AS INT) AS document_y,
            IF(scroll_ms <= rest_ms, 1, 0) AS is_on_target, {engaged_until} AS engaged_until,
            IF(now_is_focused = 1 AND {engaged_until} > t_ms, 1, 0) AS is_engaged
        FROM ({timed}) WHERE kind >= {SAMPLE} OR t_ms < next_ms OR is_first = 1"""


def _openings(dialect: Dialect, pieces: str, settings: Settings) -> str:
    """Where runs begin: at a break (METRICS 1), at another cell or target, after a pause of engagement."""
    cells = ("cell_x", "viewport_y", "document_y", "sample_target")
    names = ("is_sampled", "rest_ms", "sample_x", "sample_y", *cells, "is_engaged", "engaged_until")
    before = ", ".join(f"lag({name}) OVER w AS last_{name}" for name in names)
    followed = f"SELECT *, {before} FROM ({pieces}) WINDOW w AS {dialect.window}"
    follows = f"kind = {SAMPLE} AND is_sampled = 1 AND last_is_sampled = 1"
    hides = "now_hidden_until > last_rest_ms OR (now_is_visible = 0 AND t_ms > greatest(edge_ms, last_rest_ms))"
    is_apart = f"is_sampled = 0 OR last_is_sampled = 0 OR t_ms - last_rest_ms > {settings.rest_ms}"
    breaks = f"is_first = 1 OR (kind = {SAMPLE} AND ({is_apart} OR {hides}))"
    steps = {"dt_ms": "t_ms - last_rest_ms", "dx_px": "sample_x - last_sample_x", "dy_px": "sample_y - last_sample_y"}
    opens = {
        "document": f"{breaks} OR cell_x <> last_cell_x OR document_y <> last_document_y",
        "viewport": f"{breaks} OR cell_x <> last_cell_x OR viewport_y <> last_viewport_y",
        "target": f"{breaks} OR sample_target <> last_sample_target",
        "engaged": "is_engaged = 1 AND (is_first = 1 OR last_is_engaged = 0 OR last_engaged_until <> t_ms)",
    }
    columns = [f"IF({follows}, {value}, NULL) AS {name}" for name, value in steps.items()]
    columns += [f"IF({condition}, 1, 0) AS opens_{run}" for run, condition in opens.items()]
    kept = "pv, t_ms, kind, seq, pos, x_px, y_px, is_sampled, sample_target AS target, cell_x, viewport_y, document_y"
    kept += ", scrolled_px, dwell_ms, active_ms, is_on_target, engaged_until, is_engaged"
    return f"SELECT {kept}, {', '.join(columns)} FROM ({followed})"


def _heat_cells(settings: Settings) -> str:
    """Runs of pieces in one cell first (a stay is a run of stay_ms), then their sums by cell."""
    runs = " UNION ALL ".join(_cell_runs(space, settings) for space in ("document", "viewport"))
    clicks = " UNION ALL ".join(_click_cells(space, settings) for space in ("document", "viewport"))
    sums = ", ".join(
        f"sum({name}) AS {name}" for name in ("dwell_ms", "active_ms", "sample_count", "stay_count", "click_count")
    )
    cells = (
        f"SELECT pv, space, cell_x, cell_y, {sums} FROM ({runs} UNION ALL {clicks}) GROUP BY pv, space, cell_x, cell_y"
    )
    measures = ("dwell_ms", "active_ms", "sample_count", "stay_count")
    measured = ", ".join(f"IF(has_cursor = 1, {name}, NULL) AS {name}" for name in measures)
    return f"""SELECT c.pv, space, cell_x, cell_y, {measured}, IF(has_clicks = 1, click_count, NULL) AS click_count
        FROM ({cells}) c JOIN views v ON c.pv = v.pv WHERE sample_count > 0 OR dwell_ms > 0 OR click_count > 0"""


def _cell_runs(space: str, settings: Settings) -> str:
    return f"""SELECT pv, '{space}' AS space, min(cell_x) AS cell_x, min({space}_y) AS cell_y, sum(dwell_ms) AS dwell_ms,
        sum(active_ms) AS active_ms, sum(IF(kind = {SAMPLE}, 1, 0)) AS sample_count,
        IF(sum(dwell_ms) >= {settings.stay_ms}, 1, 0) AS stay_count, 0 AS click_count
        FROM runs WHERE is_sampled = 1 GROUP BY pv, {space}_run"""


def _click_cells(space: str, settings: Settings) -> str:
    y = "y_px + scrolled_px" if space == "document" else "y_px"
    cell = settings.cell_px
    return f"""SELECT pv, '{space}', CAST(floor(x_px / {cell}) AS INT), CAST(floor(({y}) / {cell}) AS INT), 0, 0, 0, 0, 1
        FROM runs WHERE kind = {CLICK}"""


def _hovers(settings: Settings) -> str:
    """Per page view and target: hovers of hover_ms and more, and the target dwell of all samples."""
    runs = """SELECT pv, min(target) AS target, sum(dwell_ms * is_on_target) AS dwell_ms FROM runs
        WHERE is_sampled = 1 AND target <> '' GROUP BY pv, target_run"""
    return f"""SELECT pv, target, sum(IF(dwell_ms >= {settings.hover_ms}, 1, 0)) AS hover_count, sum(dwell_ms) AS hover_ms
        FROM ({runs}) GROUP BY pv, target"""
