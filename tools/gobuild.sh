#!/bin/sh
# Build the programs of one Go module into a directory, once per content of the module.
#
#   gobuild.sh MODULE_DIR BIN_DIR PATTERN [LDFLAGS]
#
# PATTERN is what `go build` builds: `tool` for the module's tool lines, `./...` for its own main packages.
# A stamp in BIN_DIR remembers the sources that were built, so a second call costs milliseconds and needs no Go.
# Go settings that change what is built (GOFLAGS, GOWORK, CGO_ENABLED) are fixed here; where modules come from
# (GOPROXY and the like) stays as the machine has it. Progress goes to stderr, nothing to stdout.
set -eu

module=$(cd "$1" && pwd)
mkdir -p "$2"
bin=$(cd "$2" && pwd)
pattern=$3
ldflags=${4:-}
name=$(sed -n 's/^module //p' "$module/go.mod")
stamp=$bin/.$(printf %s "$name" | tr / _).stamp

content() {
    printf '%s\n' "$pattern" "$ldflags"
    find "$module" -type f \( -name '*.go' -o -name go.mod -o -name go.sum \) | LC_ALL=C sort | while read -r file; do cksum <"$file"; done
}
wanted=$(content | cksum)
built() { [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; }

built && exit 0

if ! command -v go >/dev/null 2>&1; then
    echo "$name: Go is not installed, so it cannot be built; install Go $(sed -n "s/^go //p" "$module/go.mod") or newer" >&2
    exit 3
fi

# One builder at a time: test workers may call this together.
lock=$stamp.lock
waited=0
while ! mkdir "$lock" 2>/dev/null; do
    if [ -f "$lock/pid" ] && ! kill -0 "$(cat "$lock/pid")" 2>/dev/null; then
        rm -rf "$lock"
        continue
    fi
    waited=$((waited + 1))
    if [ "$waited" -gt 900 ]; then
        echo "$name: another build holds $lock for 15 minutes; remove it if no build runs" >&2
        exit 1
    fi
    sleep 1
done
echo $$ >"$lock/pid"
out=$(mktemp -d "$bin/.build.XXXXXX")
trap 'rm -rf "$out" "$lock"' EXIT
trap 'exit 130' INT TERM
built && exit 0

export GOFLAGS='-mod=readonly -buildvcs=false -trimpath' GOWORK=off CGO_ENABLED=0 GOTOOLCHAIN=auto
unset GOOS GOARCH GOEXPERIMENT
echo "building $name (once; minutes the first time, seconds from Go's cache)" >&2
started=$(date +%s)
mkdir "$out/bin"
if ! (cd "$module" && go build -ldflags "-s -w $ldflags" -o "$out/bin/" "$pattern") >"$out/log" 2>&1; then
    grep -v '^go: downloading' "$out/log" | tail -n 40 >&2
    echo "$name: go build failed, see the lines above; it needs the Go module proxy or a filled module cache" >&2
    exit 1
fi
for program in "$out"/bin/*; do
    mv -f "$program" "$bin/"
    echo "  $(basename "$program")" >&2
done
printf '%s' "$wanted" >"$stamp"
echo "built $name in $(($(date +%s) - started)) s" >&2
