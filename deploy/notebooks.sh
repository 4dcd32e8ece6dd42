#!/bin/sh
# Opens the notebooks of notebooks/ in Jupyter, run by `make notebooks`. NOTEBOOKS_ONLY=1 only makes the copies.
#
# Jupyter gets copies in data/notebooks/: what you change and what cells answer stays there, and the sources stay as they
# are. A copy is made anew when its source is younger; the older one is kept beside it.
set -eu

BIN=.venv/bin
COPIES=data/notebooks
WAREHOUSE=$1

[ -d "$WAREHOUSE/_releases" ] || {
    echo "$WAREHOUSE holds no published warehouse. Make one: make demo. Or name another: make notebooks IN=path/to/warehouse" >&2
    exit 2
}
mkdir -p "$COPIES"
for source in notebooks/*.py; do
    copy=$COPIES/$(basename "$source" .py).ipynb
    [ "$copy" -nt "$source" ] && continue
    if [ -e "$copy" ]; then mv "$copy" "$copy.old"; fi
    "$BIN/jupytext" --quiet --from py:percent --to ipynb --set-kernel python3 --output "$copy" "$source"
done
HOVERLAKE_WAREHOUSE=$(cd "$WAREHOUSE" && pwd)
export HOVERLAKE_WAREHOUSE
echo "notebooks are in $COPIES, the warehouse is $HOVERLAKE_WAREHOUSE"
[ -z "${NOTEBOOKS_ONLY:-}" ] || exit 0
# Jupyter refuses root unless told; in a container there is nobody else.
if [ "$(id -u)" = 0 ]; then set -- --allow-root; else set --; fi
exec "$BIN/jupyter" lab --notebook-dir "$COPIES" "$@"
