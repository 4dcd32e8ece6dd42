"""Heatmap, exposure and stories in plain Python: what an entry counts for, and each mart's ladder (METRICS 6)."""

from __future__ import annotations

from tests.marts.plain_ladder import DATE, FINEST, GROUP, Entry, Keys, PlainMart, Row, Rung


def exclusion(view: Row, ad_id: str | None = None) -> str | None:
    """Why an entry does not count: bots, and ads on page views that do not allow them."""
    if view["traffic_class"] != "human":
        return "bots"
    return "without_ads_purpose" if ad_id and "ads" not in view["purposes"] else None


def _layout(view: Row) -> Keys:
    return tuple(view[n] for n in ("event_date", "surface", "layout_id", "device_type", "viewport_class"))


def _heat_cell(view: Row, cell: Row) -> Entry:
    return Entry(
        keys=(*_layout(view), cell["space"], 32, cell["cell_x"], cell["cell_y"]),
        visitor=view["visitor_key"],
        page_view=view["page_view_id"],
        exclusion=exclusion(view),
        amounts={n: cell[n] for n in ("dwell_ms", "active_ms", "sample_count", "stay_count", "click_count")},
        view_flags={
            "hover_measured_count": cell["dwell_ms"] is not None,
            "clicks_measured_count": cell["click_count"] is not None,
        },
    )


def _exposed_row(view: Row, row: Row) -> Entry:
    keys = (*_layout(view), row["cell_y"])
    person = view["visitor_key"], view["page_view_id"]
    return Entry(keys, *person, exclusion(view), {"visible_ms": row["visible_ms"]}, {})


def story_view(view: Row, item: Row) -> Entry:
    counts = {
        "impressions": item["is_impression"],
        "measurable_count": item["is_measurable"],
        "viewable_count": item["is_viewable"],
        "measurable_viewable_count": item["is_viewable"] and item["is_measurable"],
        "large_count": item["is_viewable_large"],
        "tall_count": item["is_viewable_tall"],
        "subsecond_count": item["is_subsecond"],
        "skip_count": item["is_skip"],
        "hover_measured_count": item["hover_ms"] is not None,
        "clicks_measured_count": item["click_count"] is not None,
        "hovered_count": item["hover_count"] is not None and item["hover_count"] >= 1,
    }
    times = ("visible_ms", "attended_ms", "hover_ms", "hover_visible_ms", "click_count")
    return Entry(
        keys=(view["event_date"], view["surface"], view["device_type"], item["item_type"], item["item_id"]),
        visitor=view["visitor_key"],
        page_view=view["page_view_id"],
        exclusion=exclusion(view, item["ad_id"]),
        amounts={name: 1 if flag else 0 for name, flag in counts.items()} | {name: item[name] for name in times},
        view_flags={},
        binned_ms=item["visible_ms"] if item["is_impression"] else None,
        topic=item["topic"],
    )


def as_it_is(keys: Keys) -> Keys:
    return keys


def _cells(factor: int) -> Rung:
    fold = lambda keys: (*keys[:6], 32 * factor, keys[7] // factor, keys[8] // factor)  # noqa: E731 one line says it
    return Rung(f"cells of {32 * factor} px", fold, is_remainder=False)


def nones(count: int) -> tuple[None, ...]:
    return (None,) * count


_LAYOUT = ("event_date", "surface", "layout_id", "device_type", "viewport_class")
HEATMAP = PlainMart(
    "hover_heatmap_daily",
    "heat_cells",
    (*_LAYOUT, "space", "cell_px", "cell_x", "cell_y"),
    _heat_cell,
    [
        Rung(FINEST, as_it_is, is_remainder=False),
        *map(_cells, (2, 4, 8)),
        Rung(GROUP, lambda keys: (*keys[:6], *nones(3)), is_remainder=True),
        Rung(DATE, lambda keys: (keys[0], *nones(4), keys[5], *nones(3)), is_remainder=True),
    ],
)
EXPOSURE = PlainMart(
    "viewport_exposure_daily",
    "exposure",
    (*_LAYOUT, "cell_y"),
    _exposed_row,
    [
        Rung(FINEST, as_it_is, is_remainder=False),
        Rung(GROUP, lambda keys: (*keys[:5], None), is_remainder=True),
        Rung(DATE, lambda keys: (keys[0], *nones(5)), is_remainder=True),
    ],
)
STORIES = PlainMart(
    "story_attention_daily",
    "item_views",
    ("event_date", "surface", "device_type", "item_type", "item_id"),
    story_view,
    [
        Rung(FINEST, as_it_is, is_remainder=False),
        Rung(GROUP, lambda keys: (*keys[:4], None), is_remainder=True),
        Rung(DATE, lambda keys: (keys[0], *nones(4)), is_remainder=True),
    ],
    has_bins=True,
)
MARTS = {mart.name: mart for mart in (HEATMAP, EXPOSURE, STORIES)}
