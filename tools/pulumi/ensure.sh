#!/bin/sh
# Find or build the Pulumi CLI with the language hosts that certwright needs; print the directory that holds them.
#
#   PATH="$(tools/pulumi/ensure.sh):$PATH" pulumi up
#
# 1. The pulumi on PATH, when it is recent enough and its yaml and python language hosts are at hand.
# 2. Else the versions pinned in cli/, hosts/ and yaml/ (go.mod), built with Go into .cache/pulumi/bin.
# 3. Else a sentence that says what to install, and exit code 3.
#
# `ensure.sh oldest`, or CERTWRIGHT_PULUMI=oldest: the oldest CLI that certwright works with, pinned in oldest/, built
# into .cache/pulumi-oldest/bin; never one of PATH. CERTWRIGHT_PULUMI=pinned skips 1.
# The directory is the last (and only) line of stdout; progress goes to stderr.
set -eu

minimum=3.200.0
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
choice=${1:-${CERTWRIGHT_PULUMI:-}}
case $choice in
    '' | pinned) pins=. bin=$root/.cache/pulumi/bin ;;
    oldest) pins=oldest bin=$root/.cache/pulumi-oldest/bin ;;
    *)
        echo "pulumi: $choice is no choice of CLI; leave it out, or say pinned or oldest" >&2
        exit 2
        ;;
esac

at_least() { # at_least VERSION MINIMUM: both MAJOR.MINOR.PATCH
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$2" ]
}

say() { echo "pulumi: $*" >&2; }

on_path() { # the directory of a usable CLI on PATH, or failure with the reason on stderr
    cli=$(command -v pulumi 2>/dev/null) || { say "none on PATH"; return 1; }
    dir=$(cd "$(dirname "$cli")" && pwd)
    [ "$dir" != "$bin" ] || return 1
    version=$(PULUMI_SKIP_UPDATE_CHECK=true "$cli" version 2>/dev/null | sed -n 's/^v\{0,1\}\([0-9][0-9.]*\).*/\1/p' | head -n 1)
    if [ -z "$version" ] || ! at_least "$version" "$minimum"; then
        say "$cli is version ${version:-unknown}, older than $minimum"
        return 1
    fi
    for host in yaml python; do
        if [ ! -x "$dir/pulumi-language-$host" ] && ! command -v "pulumi-language-$host" >/dev/null 2>&1; then
            say "$cli $version has no pulumi-language-$host beside it or on PATH"
            return 1
        fi
    done
    say "using $cli $version from PATH"
    echo "$dir"
}

copy_host_scripts() { # what the python and nodejs hosts start lies beside them
    [ -x "$bin/pulumi-resource-pulumi-python" ] && [ -x "$bin/pulumi-language-python-exec" ] && return 0
    module=github.com/pulumi/pulumi/sdk/v3
    sdk=$(
        cd "$here/hosts"
        export GOFLAGS=-mod=readonly GOWORK=off GOTOOLCHAIN=auto
        go mod download $module >&2 && go list -m -f '{{.Dir}}' $module
    ) && [ -d "$sdk/python/dist" ] || return 1
    for file in "$sdk"/python/dist/* "$sdk"/nodejs/dist/* "$sdk"/python/cmd/pulumi-language-python-exec; do
        case $file in *.cmd) continue ;; esac
        target=$bin/$(basename "$file")
        cp -f "$file" "$target.$$" && chmod 755 "$target.$$" && mv -f "$target.$$" "$target" || return 1
    done
}

wrap_python_host() { # see the wrapper; the oldest CLI gives its host the options that it knows
    host=$bin/pulumi-language-python
    [ "$pins" = . ] || return 0
    cmp -s "$here/hosts/pulumi-language-python.sh" "$host" && return 0
    [ "$(head -c 2 "$host")" = '#!' ] || mv -f "$host" "$host-3.60" || return 1
    cp -f "$here/hosts/pulumi-language-python.sh" "$host.$$" && chmod 755 "$host.$$" && mv -f "$host.$$" "$host"
}

build() { # build DIRECTORY MODULE VARIABLE: its tools, with the pinned version of MODULE in the variable that they print
    version=$(sed -n "s#^[[:space:]]*\(require \)\{0,1\}$2 \(v[^ ]*\).*#\2#p" "$here/$1/go.mod" | head -n 1)
    "$root/tools/gobuild.sh" "$here/$1" "$bin" tool "-X $3=$version"
}

if [ -z "$choice" ] && dir=$(on_path); then
    echo "$dir"
    exit 0
fi

pulumi=github.com/pulumi/pulumi
sdk_version=$pulumi/sdk/v3/go/common/version.Version
if build $pins/cli $pulumi/pkg/v3 $sdk_version \
    && build hosts $pulumi/sdk/v3 $sdk_version \
    && build $pins/yaml github.com/pulumi/pulumi-yaml github.com/pulumi/pulumi-yaml/pkg/version.Version \
    && wrap_python_host \
    && copy_host_scripts; then
    say "using the pinned $("$bin/pulumi" version) in $bin"
    echo "$bin"
    exit 0
fi
wanted=$(sed -n 's/^go //p' "$here/$pins/cli/go.mod")
if ! command -v go >/dev/null 2>&1; then
    say "no usable CLI: install the Pulumi CLI $minimum or newer (with its python and yaml language hosts) on PATH, or install Go $wanted or newer so that a pinned one can be built here"
    exit 3
fi
say "building the pinned CLI failed; see the lines above. It wants Go $wanted (an older one, $(go env GOVERSION 2>/dev/null || echo unknown) here, fetches that by itself where it may: GOTOOLCHAIN=auto) and the network or Go's module cache. Or install the Pulumi CLI $minimum or newer on PATH"
exit 1
