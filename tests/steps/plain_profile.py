"""The profile of dates by plain loops over rows of clean.page_views, written apart from the query."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jobs.steps.past import quantile_of_bins
from jobs.steps.profile import Measured

Row = dict[str, Any]
#: Amount and what it is of.
Pair = tuple[int, int]


def plain_profile(rows: Sequence[Row], edges: Sequence[int], min_visitors: int, cell_px: int = 32) -> list[Measured]:
    """As `profile`, without the buckets of layouts, whose hash is Spark's own."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["event_date"], row["surface"]].append(row)
    return [m for key in sorted(groups) for m in _of_group(*key, groups[key], edges, min_visitors, cell_px)]


def _of_group(
    date: Any, surface: str, rows: list[Row], edges: Sequence[int], least: int, px: int
) -> Iterator[Measured]:
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    visitors = defaultdict(set)
    for row in rows:
        for metric, (amount, base) in _pairs(row, px).items():
            totals[metric][0] += amount
            totals[metric][1] += base
            if base:
                visitors[metric].add(row["visitor_key"])

    def of(metric: str, amount: int, like: str, class_: str = "(all)") -> Measured:
        base = None if metric == "page_views" else totals[like][1]
        return Measured("clean.page_views", date, surface, metric, amount, base, len(visitors[like]), class_)

    for metric, (amount, total) in totals.items():
        if len(visitors[metric]) < least:
            continue
        if metric in ("outside_viewport", "viewable", "attended", "dwell_ms"):
            rounded, of_ = _rounded(metric, Decimal(amount) / (total or 1))
            yield Measured("clean.page_views", date, surface, metric, rounded, of_, len(visitors[metric]))
        else:
            yield of(metric, amount, metric)
    if len(visitors["dwell_ms"]) >= least:
        dwells = [sum(hover["dwell_ms"] for hover in row["hovers"]) for row in rows if _has_cursor(row)]
        bins = [0] * (len(edges) + 1)
        for dwell in dwells:
            bins[sum(dwell >= edge for edge in edges)] += 1
        yield of("dwell_p90_ms", quantile_of_bins(bins, edges, 0.9) or 0, "dwell_ms")
    if len(visitors["page_views"]) >= least:
        known = ("desktop", "phone", "tablet", "(none)")
        classes = {
            "device_type": Counter(r["device_type"] if r["device_type"] in known else "(other)" for r in rows),
            "viewport_class": Counter(r["viewport_class"] for r in rows),
            "start_hour": Counter(f"{r['started_at'].hour:02}" for r in rows),
        }
        for metric, counts in classes.items():
            yield from (of(metric, count, "page_views", name) for name, count in counts.items())


def _rounded(metric: str, ratio: Decimal) -> Pair:
    """A mean in two digits of 1, a share in thousandths."""
    if metric == "dwell_ms":
        last_digit = max(ratio.adjusted() - 1, 0) if ratio else 0
        return int(ratio.quantize(Decimal(1).scaleb(last_digit), ROUND_HALF_UP)), 1
    return int((ratio * 1000).quantize(Decimal(1), ROUND_HALF_UP)), 1000


def _has_cursor(row: Row) -> bool:
    return row["traffic_class"] == "human" and row["hovers"] is not None


def _pairs(row: Row, px: int) -> dict[str, Pair]:
    received = row["beacons_received"]
    pairs = {
        "page_views": (1, 1),
        "beacons_missing": (row["beacons_missing"], row["beacons_missing"] + received),
        "beacons_duplicate": (row["beacons_duplicate"], received),
        "beacons_conflicting": (row["beacons_conflicting"], received),
        "bots": (int(row["traffic_class"] != "human"), 1),
        "clock_suspect": (int(row["is_clock_suspect"]), 1),
        "closed": (int(row["is_closed"]), 1),
        "ads_purpose": (int("ads" in row["purposes"]), 1),
    }
    humans = _pairs_of_humans(row, px)
    return pairs | (humans if row["traffic_class"] == "human" else dict.fromkeys(humans, (0, 0)))


def _pairs_of_humans(row: Row, px: int) -> dict[str, Pair]:
    hovers, items = row["hovers"], row["item_views"] or []
    has_cursor, has_items = int(hovers is not None), any(item["visible_ms"] is not None for item in items)
    depth, height, width = row["scroll_depth_px"], row["viewport_h_px"], row["viewport_w_px"]
    cells = [(c, c["sample_count"] or 0) for c in row["heat_cells"] or [] if c["space"] == "viewport"]
    outside = [n for c, n in cells if _is_outside(c["cell_x"], width, px) or _is_outside(c["cell_y"], height, px)]
    allowed = [i for i in items if i["ad_id"] is None or "ads" in row["purposes"]]
    counted = [i for i in allowed if i["is_measurable"]]
    return {
        "cursor_measured": (has_cursor, int(row["pointer_type"] != "touch")),
        "clicks_measured": (int(row["rage_count"] is not None), 1),
        "items_measured": (int(has_items), 1),
        "state_measured": (int(row["is_state_measured"]), 1),
        "scrolled": (int(depth is not None and height is not None and depth > height), int(depth is not None)),
        "outside_viewport": (sum(outside), sum(n for _, n in cells)),
        "hovered": (int(bool(hovers)), has_cursor),
        "viewable": (sum(bool(i["is_viewable"]) for i in counted), len(counted)),
        "attended": (sum(i["attended_ms"] or 0 for i in allowed), (row["engaged_ms"] or 0) if has_items else 0),
        "dwell_ms": (sum(hover["dwell_ms"] for hover in hovers or []), has_cursor),
    }


def _is_outside(cell: int, size: float | None, px: int) -> bool:
    return cell < 0 or (size is not None and cell * px >= size)
