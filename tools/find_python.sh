#!/bin/sh
# Print the newest Python >= 3.11 of this machine that can make a virtual environment; with an argument, only that one.
# A name on PATH is not enough: a pyenv shim exists for versions that are not switched on, and Debian splits venv off.
set -eu
probe='import sys, venv, ensurepip; assert sys.version_info >= (3, 11); print(sys.executable)'
[ $# -gt 0 ] || set -- python3.13 python3.12 python3.11 python3
for name in "$@"; do
    if found=$("$name" -c "$probe" 2>/dev/null) && [ -n "$found" ]; then
        echo "$found"
        exit 0
    fi
done
echo "no Python 3.11 or newer with the venv module among: $*; install one (Debian: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python" >&2
exit 3
