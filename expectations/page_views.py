"""Rules about clean.page_views: what of a page view can never be more than what (METRICS 1 to 4).

They look into lists of structs, so that DuckDB evaluates them: see `Rule`.
"""

from __future__ import annotations

from expectations.rules import PRIVACY, Rule, sum_in_batch
from warehouse_schema.clean.page_views import PAGE_VIEWS
from warehouse_schema.purposes import MATRIX, WITHHELD, allows

#: With a share this low an item out of view would count as half visible.
_HALF_IS_IN_VIEW = "{visible_share} <= {share_slack}"
_DWELL_MS = sum_in_batch("heat_cells", "CASE WHEN entry.space = 'viewport' THEN entry.dwell_ms END")
_DOCUMENT_DWELL_MS = sum_in_batch("heat_cells", "CASE WHEN entry.space = 'document' THEN entry.dwell_ms END")

_TIME = (
    Rule(
        "event_date_is_that_of_the_start",
        "event_date = make_date(CAST(epoch_ms(started_at) // 86400000 AS INTEGER))",
        "A page view stands under another date than that of its start: dates hold each other's page views.",
    ),
    Rule(
        "one_beacon_at_least",
        "beacons_received >= 1",
        "A page view without a beacon: it was made of nothing.",
    ),
    Rule(
        "visible_within_absolute",
        "visible_ms <= absolute_ms",
        "A page was visible for longer than it was open: states or ends of page views are misread.",
    ),
    Rule(
        "engaged_within_visible",
        "engaged_ms <= visible_ms",
        "Somebody was engaged for longer than the page was visible: windows after inputs overlap or reach beyond it.",
    ),
    Rule(
        "visible_is_sum_of_intervals",
        f"visible_ms = {sum_in_batch('visibility', 'epoch_ms(entry.ended_at) - epoch_ms(entry.started_at)')}",
        "The intervals of visibility are not the visible time: minutes of the feed and times of pages contradict.",
    ),
    Rule(
        "intervals_have_length",
        "entry.started_at < entry.ended_at",
        "An interval of visibility ends before it starts.",
        each="visibility",
    ),
)
_CURSOR = (
    Rule(
        "dwell_within_visible",
        f"{_DWELL_MS} <= visible_ms",
        "The cursor rested for longer than the page was visible: rests overlap or reach into hidden time.",
    ),
    Rule(
        "dwell_equal_in_both_spaces",
        f"{_DWELL_MS} = {_DOCUMENT_DWELL_MS}",
        "The two maps of one page view do not hold the same rests: a rest was lost or counted twice where it was cut.",
    ),
    Rule(
        "active_within_dwell",
        "entry.active_ms <= entry.dwell_ms",
        "In a cell the cursor was active for longer than it rested.",
        each="heat_cells",
    ),
    Rule(
        "stays_within_dwell",
        "CAST(entry.stay_count AS BIGINT) * {stay_ms} <= entry.dwell_ms",
        "A cell has more stays than its dwell has room for.",
        each="heat_cells",
    ),
    Rule(
        "hover_active_within_dwell",
        "entry.active_ms <= entry.dwell_ms",
        "A hover was active for longer than it lasted.",
        each="hovers",
    ),
    Rule(
        "hover_long_enough",
        "entry.dwell_ms >= {hover_ms} AND entry.is_long = (entry.dwell_ms >= {long_hover_ms})",
        "A hover is shorter than a hover, or long without being so: touches in passing are counted.",
        each="hovers",
    ),
    Rule(
        "hovers_within_dwell",
        f"{sum_in_batch('hovers', 'entry.dwell_ms')} <= {_DWELL_MS}",
        "The hovers of a page view are longer than all rests of the cursor.",
    ),
)
_FEED = (
    Rule(
        "fully_within_half_within_any",
        "entry.fully_visible_ms <= entry.visible_ms "
        f"AND (entry.visible_ms <= entry.visible_any_ms OR {_HALF_IS_IN_VIEW})",
        "An item was wholly in view for longer than by half, or by half for longer than at all.",
        each="item_views",
    ),
    Rule(
        "item_within_page",
        "entry.visible_any_ms <= visible_ms",
        "An item was in view for longer than the page was visible: its times overlap or reach into hidden time.",
        each="item_views",
    ),
    Rule(
        "impression_is_time_in_view",
        "entry.is_impression = (entry.visible_any_ms > 0)",
        "An item without time in view is an impression, or one with such time is none.",
        each="item_views",
    ),
    Rule(
        "spells_within_visible",
        "entry.longest_spell_ms <= entry.visible_ms AND (entry.spell_count > 0) = (entry.visible_ms > 0)",
        "The longest spell is longer than all spells together, or there is time without a spell.",
        each="item_views",
    ),
    Rule(
        "viewable_by_longest_spell",
        "entry.is_viewable = "
        "(entry.longest_spell_ms >= if(entry.item_type = 'video', {viewable_video_ms}, {viewable_ms}))",
        "An item is viewable without having been in view for long enough, or the other way round.",
        each="item_views",
    ),
    Rule(
        "item_hover_visible_within_hover",
        "entry.hover_visible_ms <= entry.hover_ms",
        "The cursor hovered over the visible item for longer than over the item.",
        each="item_views",
    ),
    Rule(
        "item_hovers_within_dwell",
        f"{sum_in_batch('item_views', 'entry.hover_ms')} <= {_DWELL_MS}",
        "The cursor was on items for longer than it rested anywhere: one rest counts for several items.",
    ),
    Rule(
        "attended_within_engaged",
        f"{sum_in_batch('item_views', 'entry.attended_ms')} <= coalesce(engaged_ms, 0)",
        "More engaged time was shared out among items than there was: shares of the viewport are misread.",
    ),
)
_EXPOSURE = (
    Rule(
        "exposed_rows_within_screen",
        f"{sum_in_batch('exposure', 'entry.visible_ms')} * {{cell_px}} <= visible_ms * viewport_h_px",
        "More of the document was on the screen than fits on it: rows were counted twice.",
    ),
    Rule(
        "no_row_exposed_below_scroll_depth",
        "(list_max(list_transform(exposure, lambda entry: CAST(entry.cell_y AS BIGINT))) + 1) * {cell_px} <= scroll_depth_px",
        "A row deeper than the page was ever scrolled was on the screen: offsets and rows contradict.",
    ),
)
_CONSENT = (
    Rule(
        "ad_only_with_its_purpose",
        f"entry.ad_id = '{WITHHELD}' OR {allows('purposes', MATRIX[PAGE_VIEWS.name].columns['item_views[].ad_id'])}",
        "It is told which advertisement somebody saw who did not allow that.",
        each="item_views",
        owner=PRIVACY,
    ),
)
RULES = (*_TIME, *_CURSOR, *_FEED, *_EXPOSURE, *_CONSENT)
