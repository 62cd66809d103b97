#!/bin/sh
# Build govalidate and zlintrun into .cache/verifiers/bin; quick when they are built. Prints that directory.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
"$root/tools/gobuild.sh" "$root/tools/verifiers" "$root/.cache/verifiers/bin" ./...
echo "$root/.cache/verifiers/bin"
