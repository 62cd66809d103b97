#!/bin/sh
# The python language host of sdk 3.60, the newest that can be had as a Go module, under a newer CLI: which tells it the
# project's options in its requests, where this host knows only those of its command line.
option() { sed -n "s/^[[:space:]]*$1:[[:space:]]*//p" Pulumi.yaml 2>/dev/null | head -n 1 | tr -d "\"'"; }
virtualenv=$(option virtualenv)
exec "$0-3.60" ${virtualenv:+"-root=$PWD" "-virtualenv=$virtualenv"} "$@"
