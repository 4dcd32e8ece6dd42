"""Common SQL: what of the feed was seen (METRICS 3), from `survivors`, `views`, `visible`, `runs`, `hovers`, `engaged`."""

from __future__ import annotations

from benchmarks.peers.dialect import META_FIELDS, Dialect, Step
from jobs.config import Settings

#: Viewport shares as whole numbers of this many parts: their sums are exact.
SHARE_PARTS = 2**45
#: What stands, as SQL, for that which says which advertisement somebody saw who does not allow it.
WITHHELD = {"topic": "NULL", "ad_id": "'(withheld)'"}


def item_steps(dialect: Dialect, settings: Settings) -> list[Step]:
    """From records of items to `item_views`, one row per page view and item."""
    return [
        ("metas", _metas(dialect)),
        ("states", _states(dialect)),
        ("seen", _seen(settings)),
        ("half_spells", _spells("is_half")),
        ("item_sums", _item_sums(settings)),
        ("attended", _attended()),
        ("hovered", _hovered()),
        ("item_views", _item_views(settings, dialect)),
    ]


def _metas(dialect: Dialect) -> str:
    """The last description of each item."""
    latest = "row_number() OVER (PARTITION BY pv, item_id ORDER BY seq DESC, pos DESC)"
    numbered = f"SELECT *, {latest} AS place FROM ({dialect.metas('survivors')}) WHERE item_id IS NOT NULL"
    return f"SELECT pv, {', '.join(META_FIELDS)} FROM ({numbered}) WHERE place = 1"


def _states(dialect: Dialect) -> str:
    """Step functions: each state of an item holds on [start_ms, stop_ms)."""
    following = "lead(t_ms) OVER (PARTITION BY r.pv, item_id ORDER BY t_ms, seq, pos)"
    parts = f"CAST(round(least(greatest(viewport_share, 0), 1) * {SHARE_PARTS}) AS BIGINT)"
    return f"""SELECT r.pv, item_id, t_ms AS start_ms, coalesce({following}, end_ms) AS stop_ms, visible_share,
        viewport_share, coalesce({parts}, 0) AS parts
        FROM ({dialect.records("items", "survivors")}) r JOIN views v ON r.pv = v.pv WHERE item_id IS NOT NULL"""


def _seen(settings: Settings) -> str:
    """States inside V, with the conditions of METRICS 3 and the number of the spell of each that they belong to."""
    half, whole = settings.visible_share - settings.share_slack, 1 - settings.share_slack
    conditions = {
        "is_any": "visible_share > 0",
        "is_half": f"visible_share >= {half}",
        "is_full": f"visible_share >= {whole}",
        "is_large": f"visible_share >= {settings.large_share - settings.share_slack}",
        "is_tall": f"(visible_share >= {half} OR viewport_share >= {half})",
    }
    flags = ", ".join(f"IF(coalesce({rule}, FALSE), 1, 0) AS {name}" for name, rule in conditions.items())
    inside = f"""SELECT s.pv, item_id, greatest(s.start_ms, v.start_ms) AS start_ms, least(s.stop_ms, v.stop_ms) AS stop_ms, {flags}
        FROM states s JOIN visible v ON s.pv = v.pv AND v.start_ms < s.stop_ms AND v.stop_ms > s.start_ms
        WHERE s.start_ms < s.stop_ms"""
    order = "WINDOW w AS (PARTITION BY pv, item_id ORDER BY start_ms)"
    goes_on = {
        name: f"(lag({name}) OVER w) = 1 AND (lag(stop_ms) OVER w) = start_ms"
        for name in ("is_half", "is_large", "is_tall")
    }
    opens = ", ".join(
        f"IF({name} = 1 AND NOT coalesce({rule}, FALSE), 1, 0) AS opens_{name}" for name, rule in goes_on.items()
    )
    numbers = ", ".join(f"sum(opens_{name}) OVER w AS {name}_spell" for name in goes_on)
    return f"SELECT *, {numbers} FROM (SELECT *, {opens} FROM ({inside}) {order}) {order}"


def _spells(condition: str) -> str:
    """Unbroken times in V during which the condition holds."""
    return f"""SELECT pv, item_id, min(start_ms) AS start_ms, max(stop_ms) AS stop_ms FROM seen
        WHERE {condition} = 1 GROUP BY pv, item_id, {condition}_spell"""


def _item_sums(settings: Settings) -> str:
    """Times in view, and the longest spells."""
    lengths = {"visible_any_ms": "is_any", "visible_ms": "is_half", "fully_visible_ms": "is_full"}
    sums = ", ".join(f"sum({flag} * (stop_ms - start_ms)) AS {name}" for name, flag in lengths.items())
    times = f"SELECT pv, item_id, {sums} FROM seen GROUP BY pv, item_id"
    longest = "max(stop_ms - start_ms)"
    half = f"SELECT pv, item_id, {longest} AS longest_ms, count(*) AS spell_count FROM half_spells GROUP BY pv, item_id"
    large, tall = (
        f"SELECT pv, item_id, {longest} AS longest_ms FROM ({_spells(condition)}) GROUP BY pv, item_id"
        for condition in ("is_large", "is_tall")
    )
    joins = " ".join(
        f"LEFT JOIN ({rows}) {name} ON t.pv = {name}.pv AND t.item_id = {name}.item_id"
        for name, rows in (("half", half), ("large", large), ("tall", tall))
    )
    return f"""SELECT t.*, coalesce(half.longest_ms, 0) AS longest_spell_ms, coalesce(half.spell_count, 0) AS spell_count,
        coalesce(large.longest_ms, 0) AS large_ms, coalesce(tall.longest_ms, 0) AS tall_ms FROM ({times}) t {joins}"""


def _attended() -> str:
    """Engaged time split by viewport share: with P(t) the parts in view, G(t) the integral of 1 / P over engaged time,
    an item of p parts from a to b gets p (G(b) - G(a))."""
    shares = """SELECT s.pv, s.item_id, s.start_ms, s.stop_ms, s.parts FROM states s
        LEFT JOIN metas m ON s.pv = m.pv AND s.item_id = m.item_id
        WHERE coalesce(m.item_type, '') <> 'zone' AND s.parts > 0 AND s.start_ms < s.stop_ms"""
    marks = f"""SELECT pv, start_ms AS t_ms, parts, 0 AS engaged FROM ({shares}) UNION ALL SELECT pv, stop_ms, -parts, 0 FROM ({shares})
        UNION ALL SELECT pv, start_ms, 0, 1 FROM engaged UNION ALL SELECT pv, stop_ms, 0, -1 FROM engaged"""
    summed = f"SELECT pv, t_ms, sum(parts) AS parts, sum(engaged) AS engaged FROM ({marks}) GROUP BY pv, t_ms"
    order = "WINDOW w AS (PARTITION BY pv ORDER BY t_ms)"
    levels = f"""SELECT pv, t_ms, (lead(t_ms) OVER w) - t_ms AS length_ms, sum(parts) OVER w AS in_view, sum(engaged) OVER w AS is_on
        FROM ({summed}) {order}"""
    per_part = "IF(is_on > 0 AND in_view > 0, length_ms / CAST(in_view AS DOUBLE), 0)"
    integral = f"SELECT pv, t_ms, (sum(g) OVER w) - g AS g FROM (SELECT pv, t_ms, coalesce({per_part}, 0) AS g FROM ({levels})) {order}"
    return f"""WITH integral AS ({integral}) SELECT s.pv, s.item_id, sum(s.parts * (b.g - a.g)) AS attended FROM ({shares}) s
        JOIN integral a ON s.pv = a.pv AND s.start_ms = a.t_ms JOIN integral b ON s.pv = b.pv AND s.stop_ms = b.t_ms
        GROUP BY s.pv, s.item_id"""


def _hovered() -> str:
    """Target dwell on an item while half of it is in view."""
    return """SELECT r.pv, h.item_id, sum(least(r.t_ms + r.dwell_ms, h.stop_ms) - greatest(r.t_ms, h.start_ms)) AS hover_visible_ms
        FROM runs r JOIN half_spells h ON r.pv = h.pv AND r.target = h.item_id
            AND h.start_ms < r.t_ms + r.dwell_ms AND h.stop_ms > r.t_ms
        WHERE r.is_on_target = 1 AND r.dwell_ms > 0 GROUP BY r.pv, h.item_id"""


def _item_views(settings: Settings, dialect: Dialect) -> str:
    """Every item that records or item_meta name; a measure is NULL where its streams are absent."""
    items = "SELECT pv, item_id FROM states UNION SELECT pv, item_id FROM metas"
    clicks = f"SELECT pv, target, count(*) AS click_count FROM ({dialect.records('clicks', 'survivors')}) GROUP BY pv, target"
    shares = f"SELECT DISTINCT pv FROM ({dialect.records('items', 'survivors')}) WHERE viewport_share IS NOT NULL"
    columns = ", ".join(f"{rule} AS {name}" for name, rule in _measures(settings).items())
    is_told = "m.ad_id IS NULL OR v.has_ads = 1"
    told = [f"IF({is_told}, m.{name}, {other}) AS {name}" for name, other in WITHHELD.items()]
    meta = ", ".join(["m.feed_rank", *told])
    return f"""SELECT i.pv, i.item_id, coalesce(m.item_type, '(none)') AS item_type, {meta}, {columns}
        FROM ({items}) i JOIN views v ON i.pv = v.pv
        LEFT JOIN metas m ON i.pv = m.pv AND i.item_id = m.item_id
        LEFT JOIN item_sums s ON i.pv = s.pv AND i.item_id = s.item_id
        LEFT JOIN attended a ON i.pv = a.pv AND i.item_id = a.item_id
        LEFT JOIN hovers h ON i.pv = h.pv AND i.item_id = h.target
        LEFT JOIN hovered o ON i.pv = o.pv AND i.item_id = o.item_id
        LEFT JOIN ({clicks}) c ON i.pv = c.pv AND i.item_id = c.target
        LEFT JOIN ({shares}) g ON i.pv = g.pv"""


def _measures(settings: Settings) -> dict[str, str]:
    longest, clicks = "coalesce(longest_spell_ms, 0)", "coalesce(c.click_count, 0)"
    spells = "coalesce(spell_count, 0)"
    needed = f"IF(m.item_type = 'video', {settings.viewable_video_ms}, {settings.viewable_ms})"
    large = f"m.width_px * m.height_px >= {settings.large_px2}"
    tall = f"m.height_px > {settings.tall_viewports} * v.viewport_h_px"
    cursor, click = "has_items = 1 AND has_cursor = 1", "has_clicks = 1"
    engaged = "g.pv IS NOT NULL AND (has_pointer = 1 OR has_clicks = 1 OR has_scroll = 1)"
    rules = {
        "is_impression": ("has_items = 1", "coalesce(visible_any_ms, 0) > 0"),
        **{
            name: ("has_items = 1", f"coalesce({name}, 0)")
            for name in ("visible_any_ms", "visible_ms", "fully_visible_ms")
        },
        "longest_spell_ms": ("has_items = 1", longest),
        "spell_count": ("has_items = 1", spells),
        "is_viewable": ("has_items = 1", f"{longest} >= {needed}"),
        "is_viewable_large": (f"has_items = 1 AND {large}", f"coalesce(large_ms, 0) >= {settings.viewable_ms}"),
        "is_viewable_tall": (f"has_items = 1 AND {tall}", f"coalesce(tall_ms, 0) >= {settings.viewable_ms}"),
        "is_subsecond": (
            "has_items = 1",
            f"{longest} > {settings.subsecond_ms} AND {longest} < {settings.viewable_ms}",
        ),
        "is_skip": (f"has_items = 1 AND {click}", f"{spells} >= 1 AND {longest} < {settings.skip_ms} AND {clicks} = 0"),
        "hover_count": (cursor, "coalesce(h.hover_count, 0)"),
        "hover_ms": (cursor, "coalesce(h.hover_ms, 0)"),
        "hover_visible_ms": (cursor, "coalesce(o.hover_visible_ms, 0)"),
        # A millionth of a millisecond keeps a whole number, computed as 2.9999999, whole.
        "attended_ms": (engaged, "CAST(floor(coalesce(attended, 0) + 1e-6) AS BIGINT)"),
        "click_count": (click, clicks),
    }
    measured = {name: f"IF({condition}, {value}, NULL)" for name, (condition, value) in rules.items()}
    return {"is_measurable": "(has_items = 1 AND has_state = 1)"} | measured
