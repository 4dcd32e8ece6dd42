"""Lineage as a picture: a row per table, indented by the jobs between it and the raw logs, and a line from what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

from jobs.dictionary.lineage import Step

#: Geometry in px: a row's pitch, a box, the indent of a step, the radius where a line turns. Narrow enough for a phone.
ROW, HEIGHT, WIDTH, INDENT, TURN = 44, 30, 246, 28, 8
#: Room for the frame of a box, which is drawn half outside.
MARGIN = 2
#: Where the line down leaves its box, from the box's left edge.
LEAVES = INDENT // 2


def picture(steps: Sequence[Step], href: Callable[[str], str], here: str | None = None) -> Markup:
    """SVG of the steps, each a link but the one that is `here`; empty if there are none."""
    if not steps:
        return Markup()
    rows = {step.name: row for row, step in enumerate(steps)}
    width = max(_x(step) for step in steps) + WIDTH + MARGIN
    height = (len(steps) - 1) * ROW + HEIGHT + 2 * MARGIN
    lines = [_line(steps[rows[step.parent]], step, rows) for step in steps if step.parent in rows and step.parent]
    boxes = [_box(step, rows[step.name], href(step.name), step.name == here) for step in steps]
    label = f"Lineage: {' to '.join(step.name for step in steps)}" if len(steps) < 5 else "Lineage of the tables"
    return Markup(
        '<svg class="lineage" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="group" aria-label="{label}">{all}</svg>'
    ).format(w=width, h=height, label=label, all=Markup("").join([*lines, *boxes]))


def _x(step: Step) -> int:
    return MARGIN + step.depth * INDENT


def _y(row: int) -> int:
    return MARGIN + row * ROW


def _line(parent: Step, child: Step, rows: dict[str, int]) -> Markup:
    """Down from the parent's box, then to the right into the child's."""
    x, top = _x(parent) + LEAVES, _y(rows[parent.name]) + HEIGHT
    end = _y(rows[child.name]) + HEIGHT // 2
    path = f"M{x} {top}V{end - TURN}Q{x} {end} {x + TURN} {end}H{_x(child)}"
    return Markup('<path class="flows" d="{}"/>').format(path)


def _box(step: Step, row: int, href: str, is_here: bool) -> Markup:
    layer = step.name.split(".")[0] if step.job else "raw"
    inner = Markup(
        '<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="5"/><text x="{tx}" y="{ty}">{name}</text>'
    ).format(x=_x(step), y=_y(row), w=WIDTH, h=HEIGHT, tx=_x(step) + 10, ty=_y(row) + 20, name=step.name)
    classes = escape(f"box {layer}" + (" here" if is_here else ""))
    if is_here:
        return Markup('<g class="{}" aria-current="page">{}</g>').format(classes, inner)
    return Markup('<a class="{}" href="{}">{}</a>').format(classes, href, inner)
