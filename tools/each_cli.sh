#!/bin/sh
# Run tests on today's Pulumi CLI, then some of them on the oldest one that certwright works with.
#
#   each_cli.sh MARKS OLDEST_MARKS COMMAND...
#
# COMMAND is pytest with its arguments; MARKS and OLDEST_MARKS are what it gets for -m. The oldest CLI is built with low
# priority while the first tests run. Without a CLI and without Go the tests that drive it skip on a person's machine;
# with CERTWRIGHT_REQUIRE_SERVERS this is an error. Fails when one of the two runs failed.
set -u

ensure=$(dirname "$0")/pulumi/ensure.sh
marks=$1 oldest_marks=$2
shift 2
required=${CERTWRIGHT_REQUIRE_SERVERS:-}
nothing_to_run=5 # pytest: no test was selected

tests() { # tests DIRECTORY MARKS COMMAND...
    cli=$1 selected=$2
    shift 2
    PATH="${cli:+$cli:}$PATH" "$@" -m "$selected"
}

bin=$($ensure) || [ -z "$required" ] || exit 1
[ -z "$bin" ] || nice -n 19 "$ensure" oldest >/dev/null 2>&1 &
tests "$bin" "$marks" "$@"
result=$?
wait

if ! bin=$($ensure oldest); then
    echo "each_cli: no tests on the oldest CLI: it could not be built" >&2
    [ -z "$required" ] || result=1
    exit $result
fi
echo "the same on $("$bin/pulumi" version): $oldest_marks" >&2
export CERTWRIGHT_PULUMI=oldest
tests "$bin" "$oldest_marks" "$@"
oldest=$?
[ $oldest = 0 ] || [ $oldest = $nothing_to_run ] || [ $result != 0 ] || result=$oldest
exit $result
