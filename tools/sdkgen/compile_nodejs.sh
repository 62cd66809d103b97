#!/bin/sh
# Compile a generated Node SDK as its users get it: npm installs what its package.json names, its own tsc compiles.
#
#   compile_nodejs.sh DIRECTORY
#
# Needs npm and the registry that npm is set to; exit code 3 says that there is no npm.
set -eu

cd "$1"
command -v npm >/dev/null 2>&1 || { echo "sdk/nodejs: npm is not installed, so it cannot be compiled; install Node.js" >&2; exit 3; }
npm install --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error >&2
node_modules/.bin/tsc --version >&2
node_modules/.bin/tsc
[ -s bin/index.js ] && [ -s bin/index.d.ts ] || { echo "sdk/nodejs: tsc wrote no bin/index.js" >&2; exit 1; }
echo "sdk/nodejs: compiled, $(find bin -name '*.js' | wc -l) modules" >&2
