#!/bin/sh
# The virtual environment `.venv` of this clone.
#
#   sh deploy/environment.sh           builds or completes it; rebuilds one that is broken or half installed
#   sh deploy/environment.sh --check   exit 0 if it stands, was built for this folder, and its Python runs
#
# PYTHON names another Python than the first of python3, python3.14 ... python3.11 that is new enough.
set -eu

VENV=.venv
STAMP=$VENV/.installed         # written last: it says that everything is in place, and for which folder
UNDER_WAY=$VENV/.installing    # left behind by an interrupted installation, which may have half a package

stands() {
    [ -f "$STAMP" ] && [ ! -e "$UNDER_WAY" ] && [ "$(cat "$STAMP")" = "$PWD" ] \
        && [ -x "$VENV/bin/hoverlake" ] && "$VENV/bin/python" -c 'import pip' 2>/dev/null
}

if [ "${1:-}" = --check ]; then
    stands
    exit
fi

fail() {
    echo "$1" >&2
    exit 14
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

python=$(find_python)
[ -n "$python" ] || fail "Python 3.11 or newer is needed, and ${PYTHON:-python3} is not. Install one (Debian, Ubuntu: \
apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python3.11 ..."
"$python" -c 'import venv, ensurepip' 2>/dev/null || fail "$python has no venv module. Install it (Debian, Ubuntu: \
apt-get install python3-venv), then run make again."

if [ -e "$UNDER_WAY" ] || { [ -d "$VENV" ] && ! { is_new_enough "$VENV/bin/python" && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; }; } \
    || { [ -f "$STAMP" ] && [ "$(cat "$STAMP")" != "$PWD" ]; }; then
    echo "the environment in $VENV is broken, half installed or was moved: building it anew"
    rm -rf "$VENV"
fi
[ -d "$VENV" ] || "$python" -m venv "$VENV" || { rm -rf "$VENV"; fail "$python could not make $VENV: see above."; }

rm -f "$STAMP"
: > "$UNDER_WAY"
echo "installing the pinned packages into $VENV (two minutes the first time)"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --constraint constraints.txt --editable '.[test]' \
    || fail "the packages could not be installed: see above. Check that pip reaches its package index, then run make again."
rm -f "$UNDER_WAY"
echo "$PWD" > "$STAMP"
