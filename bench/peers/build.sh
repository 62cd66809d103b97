#!/bin/sh
# Build the peers that the benchmark measures beside certwright into .cache/peers/bin; quick when they are built.
# Prints that directory. The peer: step-ca, pinned in go.mod.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
version=$(sed -n 's/.*github.com\/smallstep\/certificates \(v[0-9.]*\).*/\1/p' "$root/bench/peers/go.mod")
"$root/tools/gobuild.sh" "$root/bench/peers" "$root/.cache/peers/bin" tool "-X main.Version=${version#v} -X main.BuildTime=pinned"
echo "$root/.cache/peers/bin"
