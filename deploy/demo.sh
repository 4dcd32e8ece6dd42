#!/bin/sh
# One simulated night from raw logs to marts, and a look at it. Run by `make demo`; safe to run again at any time.
set -eu

HOVERLAKE=.venv/bin/hoverlake
RAW=data/raw
WAREHOUSE=data/warehouse
DAY=2026-11-20      # page views start on this day ...
NIGHT=2026-11-22    # ... and the night takes what landed up to this one: late and duplicate beacons among it
HEATMAP=data/heatmap.png
SIMULATED=data/.simulated

look() {
    echo
    echo "$1"
    "$HOVERLAKE" sql --warehouse "$WAREHOUSE" "$2"
}

mkdir -p data
if [ ! -f "$SIMULATED" ] || [ ! -d "$RAW/landing_date=$DAY" ]; then
    rm -f "$SIMULATED"
    "$HOVERLAKE" simulate --date "$DAY" --page-views 2400 --seed 1 --raw "$RAW"
    : > "$SIMULATED"
fi

status=0
"$HOVERLAKE" nightly --date "$NIGHT" --raw "$RAW" --warehouse "$WAREHOUSE" || status=$?
# 10 is "nothing new": the demo was run before, and its release stands.
[ "$status" -eq 0 ] || [ "$status" -eq 10 ] || exit "$status"

look "Where did cursors rest? The three warmest cells of mart.hover_heatmap_daily:" \
    "select layout_id, device_type, cell_px, cell_x, cell_y, visitor_count, dwell_ms, click_count
     from mart.hover_heatmap_daily where space = 'document' and cell_x is not null order by dwell_ms desc limit 3"
look "What was on screen? Three rows of mart.viewport_exposure_daily:" \
    "select layout_id, device_type, viewport_class, cell_y, visitor_count, page_view_count, visible_ms
     from mart.viewport_exposure_daily where cell_y is not null order by visible_ms desc limit 3"
look "Which stories were seen, for how long? Three rows of mart.story_attention_daily:" \
    "select item_id, topic, device_type, visitor_count, impressions, viewable_count, visible_ms, hover_ms
     from mart.story_attention_daily where item_id is not null order by visible_ms desc limit 3"
look "Which zones did cursors stay on? Three rows of mart.zone_attention_daily:" \
    "select layout_id, device_type, target, visitor_count, hover_count, unclicked_hover_count, dwell_ms
     from mart.zone_attention_daily where target is not null order by dwell_ms desc limit 3"
look "How much is seen at each place of the feed? Three rows of mart.feed_attention_daily:" \
    "select device_type, item_type, feed_rank_bucket, visitor_count, impressions, viewable_count,
            hist_p50(visible_ms_hist) as median_visible_ms
     from mart.feed_attention_daily where feed_rank_bucket is not null order by impressions desc limit 3"
look "Which ads could be seen? Three rows of mart.ad_attention_daily:" \
    "select ad_id, device_type, visitor_count, eligible_count, not_measurable_count, viewable_count, visible_ms
     from mart.ad_attention_daily order by eligible_count desc limit 3"
look "When was the feed on a screen? Three rows of mart.feed_visibility_minutes:" \
    "select event_date, minute, platform, device_type, visitor_count, visible_ms
     from mart.feed_visibility_minutes order by visible_ms desc limit 3"
look "How engaged were visits? Three rows of mart.session_attention_daily:" \
    "select event_date, device_type, platform, visitor_count, session_count, engaged_session_count, engaged_ms
     from mart.session_attention_daily order by session_count desc limit 3"
look "How many came? Three rows of mart.reach_daily:" \
    "select event_date, surface, device_type, visitors_1d, visitors_7d, visitors_28d
     from mart.reach_daily order by visitors_1d desc limit 3"

echo
"$HOVERLAKE" heatmap --date "$DAY" --surface feed --warehouse "$WAREHOUSE" -o "$HEATMAP"
cat <<TEXT

The heatmap is in $HEATMAP. What to try next:
  $HOVERLAKE report --date $DAY -o data/report.html
  $HOVERLAKE serve
  $HOVERLAKE explain --date $DAY --table mart.story_attention_daily
  $HOVERLAKE sql "select * from ops.reconciliation"
  $HOVERLAKE heatmap --date $DAY --surface feed --device desktop --measure click_count -o data/clicks.png
  $HOVERLAKE plot position-curve --date $DAY -o data/position-curve.html
  $HOVERLAKE doctor
Tables are described in docs/, words in GLOSSARY.md.
TEXT
