#!/bin/sh
# Find or build the Pulumi CLI with the language hosts that certwright needs; print the directory that holds them.
#
#   PATH="$(tools/pulumi/ensure.sh):$PATH" pulumi up
#
# 1. The pulumi on PATH, when it is recent enough and its yaml and python language hosts are at hand.
# 2. Else the versions pinned in cli/, hosts/ and yaml/ (go.mod), built with Go into .cache/pulumi/bin.
# 3. Else a sentence that says what to install, and exit code 3.
# CERTWRIGHT_PULUMI=pinned skips 1. The directory is the last (and only) line of stdout; progress goes to stderr.
set -eu

minimum=3.200.0
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$root/.cache/pulumi/bin

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

if [ "${CERTWRIGHT_PULUMI:-}" != pinned ] && dir=$(on_path); then
    echo "$dir"
    exit 0
fi

sdk_version=github.com/pulumi/pulumi/sdk/v3/go/common/version.Version
build() { "$root/tools/gobuild.sh" "$here/$1" "$bin" tool "-X $2=$3"; }
if build cli $sdk_version v3.200.0 \
    && build hosts $sdk_version v3.60.0 \
    && build yaml github.com/pulumi/pulumi-yaml/pkg/version.Version v1.10.0 \
    && copy_host_scripts; then
    say "using the pinned $("$bin/pulumi" version) in $bin"
    echo "$bin"
    exit 0
fi
if ! command -v go >/dev/null 2>&1; then
    say "no usable CLI: install the Pulumi CLI $minimum or newer (with its python and yaml language hosts) on PATH, or install Go 1.24 or newer so that a pinned one can be built here"
    exit 3
fi
say "building the pinned CLI failed; see the lines above (it needs the network or Go's module cache). Or install the Pulumi CLI $minimum or newer on PATH"
exit 1
