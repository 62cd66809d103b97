#!/bin/sh
# Install the real servers that the tests drive, where this may be done without asking.
#
# Root, or sudo without a password, on a machine with apt-get: the missing packages are installed (apt-get update only
# then) and none of their services is started. Anywhere else one sentence names what is missing: those tests skip, or,
# with CI=1 or CERTWRIGHT_REQUIRE_SERVERS=1, this stops with exit code 1, since nothing may be skipped there.
# CERTWRIGHT_APT=0 keeps the hands off apt-get.
set -eu

missing=
need() { # need PACKAGE PROGRAM...: the package is missing when one of its programs is
    package=$1
    shift
    for program in "$@"; do
        PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" command -v "$program" >/dev/null 2>&1 && continue
        missing="$missing $package"
        return 0
    done
}
postgres_there() {
    for program in /usr/lib/postgresql/*/bin/postgres; do
        [ -x "$program" ] && return 0
    done
    command -v postgres >/dev/null 2>&1
}
look() {
    missing=
    postgres_there || missing=" postgresql"
    need bind9 named
    need bind9-utils named-checkconf rndc-confgen
    need bind9-dnsutils dig nsupdate
    need nginx nginx
    need gnutls-bin certtool gnutls-cli
    need openssl openssl
    need procps ps pkill
}

required() {
    case "${CERTWRIGHT_REQUIRE_SERVERS:-0}:${CI:-0}" in
        1:* | true:* | *:1 | *:true) return 0 ;;
        *) return 1 ;;
    esac
}

may_install() {
    [ "${CERTWRIGHT_APT:-1}" != 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

# policy-rc.d is Debian's own way to say that an installation starts no service; one that is there already stays.
install_packages='
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf "#!/bin/sh\nexit 101\n" >"$policy"
    chmod 755 "$policy"
    trap "rm -f $policy" EXIT INT TERM
fi
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
apt-get update -q
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
'

look
[ -n "$missing" ] || exit 0

if may_install; then
    echo "test servers: installing$missing" >&2
    as_root=
    [ "$(id -u)" = 0 ] || as_root='sudo -n'
    log=$(mktemp)
    # shellcheck disable=SC2086 # both are lists of words
    if ! $as_root sh -ec "$install_packages" sh $missing >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        echo "test servers: apt-get could not install$missing (its last lines are above)" >&2
    fi
    rm -f "$log"
    look
    [ -n "$missing" ] || exit 0
fi

echo "test servers: the Debian packages$missing are missing (install them with: apt-get install$missing)" >&2
if required; then
    echo "test servers: CI or CERTWRIGHT_REQUIRE_SERVERS is set, so no test may be skipped for lack of them; stopping" >&2
    exit 1
fi
echo "test servers: the tests that need them are skipped" >&2
