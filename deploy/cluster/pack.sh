#!/bin/sh
# What executors need beside Spark and Python, in two archives that `submit.sh` sends along:
#
#   hoverlake.zip      the wheel of this clone, made anew each time
#   packages.tar.gz    what its kernels import, at the pins of setup.cfg and constraints.txt; made anew when these change
#
#   sh deploy/cluster/pack.sh [FOLDER]     FOLDER is PACKED, or `dist`, unless named
#
# Executors must have the Python version, processor and system of PYTHON (.venv/bin/python unless named). For others, name
# pip's options in PACK_OPTIONS: "--python-version 3.12 --platform manylinux_2_28_aarch64 --only-binary=:all:".
set -eu

FOLDER=${1:-${PACKED:-dist}}
PYTHON=${PYTHON:-.venv/bin/python}
# Imported by jobs/steps and jobs/page_views.py; the driver needs more, and has it installed.
IMPORTED="numpy pandas pyarrow duckdb pydantic crawler-user-agents"

mkdir -p "$FOLDER"
scratch=$(mktemp -d "$FOLDER/.packing-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 14' HUP INT TERM

fail() {
    echo "$1" >&2
    exit 14
}

# From a copy: a build in the clone would take up modules that an earlier one left in build/.
mkdir "$scratch/source"
cp -R setup.cfg pyproject.toml README.md jobs warehouse_schema expectations "$scratch/source"
"$PYTHON" -m pip wheel --quiet --disable-pip-version-check --no-input --no-deps --wheel-dir "$scratch/wheel" "$scratch/source" \
    || fail "the wheel could not be built: see above. Check that pip reaches its package index, then run again."
mv "$scratch"/wheel/hoverlake-*.whl "$FOLDER/hoverlake.zip"

pins=$(for name in $IMPORTED; do grep -E "^ +$name==" setup.cfg; done)
# shellcheck disable=SC2086
wanted=$({ echo $pins "${PACK_OPTIONS:-}"; "$PYTHON" -VV; cat constraints.txt; } | cksum)
if [ -f "$FOLDER/packages.tar.gz" ] && [ "$(cat "$FOLDER/packages.made-from" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
echo "packing the packages that executors import into $FOLDER (a minute; again only when the pins change)"
rm -f "$FOLDER/packages.made-from"
# shellcheck disable=SC2086
"$PYTHON" -m pip install --quiet --disable-pip-version-check --no-input --target "$scratch/packages" \
    --constraint constraints.txt ${PACK_OPTIONS:-} $pins \
    || fail "the packages could not be fetched: see above. Check that pip reaches its package index, then run again."
find "$scratch/packages" \( -name tests -o -name __pycache__ -o -path '*/pyarrow/include' \) -type d -prune -exec rm -rf {} +
tar -czf "$scratch/packages.tar.gz" -C "$scratch/packages" .
mv "$scratch/packages.tar.gz" "$FOLDER/packages.tar.gz"
echo "$wanted" > "$FOLDER/packages.made-from"      # written last: the archive beside it is whole
