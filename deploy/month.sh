#!/bin/sh
# A second warehouse, of four Fridays, run by `make month`: data/month/warehouse. The demo's one small date knows no trend, and too
# few visitors for single ads and for two layouts side by side; the last date here has two and a half times as many.
set -eu

HOVERLAKE=.venv/bin/hoverlake
RAW=data/month/raw
WAREHOUSE=data/month/warehouse
NIGHT=2026-11-22

# A date, its page views, its seed: equal ones give equal tables.
day() {
    [ -e "data/month/.simulated-$1" ] && return
    "$HOVERLAKE" simulate --date "$1" --page-views "$2" --seed "$3" --raw "$RAW"
    : > "data/month/.simulated-$1"
}

mkdir -p data/month
day 2026-10-30 900 2
day 2026-11-06 900 3
day 2026-11-13 900 4
day 2026-11-20 6000 1

status=0
"$HOVERLAKE" nightly --date "$NIGHT" --raw "$RAW" --warehouse "$WAREHOUSE" || status=$?
# 10 is "nothing new": its release stands.
[ "$status" -eq 0 ] || [ "$status" -eq 10 ] || exit "$status"
echo "The warehouse is $WAREHOUSE: hoverlake ask read-deeper --warehouse $WAREHOUSE, make notebooks IN=$WAREHOUSE"
