#!/bin/sh
# The S3 server of the tests, built once into .tools/versitygw by Go; a new VERSION builds it anew.
set -eu

VERSION=v1.8.0
BINARY=.tools/versitygw
STAMP=$BINARY.version          # written last: the binary beside it is whole

if [ -x "$BINARY" ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$VERSION" ]; then
    exit 0
fi
if ! command -v go >/dev/null; then
    echo "The tests of S3 need Go to build their server, versitygw $VERSION, and there is no go on PATH. Install it \
(Debian, Ubuntu: apt-get install golang-go; the server wants the newest), then run make test-s3 again." >&2
    exit 14
fi
mkdir -p .tools
echo "building versitygw $VERSION into .tools (some minutes, once)"
GOBIN=$PWD/.tools go install "github.com/versity/versitygw/cmd/versitygw@$VERSION" || {
    echo "versitygw $VERSION could not be built: see above. Check that go reaches its modules, then run again." >&2
    exit 14
}
echo "$VERSION" > "$STAMP"
