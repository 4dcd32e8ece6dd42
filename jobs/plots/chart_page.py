"""A chart as a page of its own: its numbers under pointer and arrow keys, and in a table."""

from __future__ import annotations

from typing import Any

from jobs.plots.chart import Chart, Panel
from jobs.plots.html import embedded, rendered
from jobs.plots.svg import HEIGHT, LOW_HEIGHT, NARROW, WIDE, drawn, key, share_of_width


def page_of(chart: Chart) -> str:
    """The page as HTML. Texts of the warehouse are escaped wherever they stand."""
    height = HEIGHT if len(chart.panels) < 3 else LOW_HEIGHT
    return rendered(
        "chart.html.j2",
        title=chart.title,
        subtitle=chart.subtitle,
        notes=chart.notes,
        what="a place of a drawing",
        panels=[_panel(panel, height) for panel in chart.panels],
        key=key,
    )


def _panel(panel: Panel, height: int) -> dict[str, Any]:
    names = [one.name for one in panel.series]
    said: dict[float, list[str]] = {place: ["–"] * len(names) for place in sorted(panel.headings)}
    known: set[float] = set()
    for number, one in enumerate(panel.series):
        for mark in one.marks:
            said[mark.x][number] = mark.said
            known |= {mark.x} if mark.y is not None else set()
    places = [
        [round(share_of_width(panel, place), 5), panel.headings[place], list(zip(names, values, strict=True))]
        for place, values in said.items()
    ]
    rows = [(panel.headings[place], values) for place, values in said.items() if place in known]
    return {
        "title": panel.title,
        "shape": panel.shape,
        "names": names,
        "titles": [one.title for one in panel.series],
        "has_key": len(names) > 1 or panel.shape == "steps",
        "label": f"{panel.title}, by {panel.x.title}: {', '.join(names)}. Arrow keys lead from one place to the next.",
        "drawings": [drawn(panel, height, width) for width in (WIDE, NARROW)],
        "data": embedded({"places": places}),
        "rows": rows,
        "is_cut": len(rows) < len(said),
    }
