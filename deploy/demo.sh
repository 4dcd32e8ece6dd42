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

echo
"$HOVERLAKE" heatmap --date "$DAY" --surface feed --warehouse "$WAREHOUSE" -o "$HEATMAP"
cat <<TEXT

The heatmap is in $HEATMAP. What to try next:
  $HOVERLAKE sql "select * from ops.reconciliation"
  $HOVERLAKE heatmap --date $DAY --surface feed --device desktop --measure click_count -o data/clicks.png
  $HOVERLAKE doctor
Tables are described in docs/, words in GLOSSARY.md.
TEXT
