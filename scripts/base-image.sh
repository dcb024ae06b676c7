#!/usr/bin/env bash
# Makes the images' base with debootstrap where no registry can be reached.
#   BASE_IMAGE=debian:trixie-slim scripts/base-image.sh
set -euo pipefail

image=${BASE_IMAGE:-debian:trixie-slim}
pull_seconds=30

say() { echo "base-image: $*"; }

die() {
    echo "base-image: $*" >&2
    exit 69
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

# debian:trixie-slim, mirror:5000/debian:trixie-20260101-slim -> trixie
suite_of() {
    local name=${1##*/}
    local tag=${name#*:}
    [[ $tag != "$name" ]] || die "BASE_IMAGE=$1 has no tag to take a Debian suite from"
    echo "${tag%%-*}"
}

# The source that offers this machine its own release offers a base image's too; another
# distribution's, or an add-on's, does not.
host_source() {
    local release
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && [[ ${ID:-} == debian ]] && echo "${VERSION_CODENAME:-sid}") || return 0
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        awk -v release="$release" '
            function fits(uri, suite, components) {
                return uri ~ /^https?:/ && components ~ / main/ &&
                       suite ~ "^(" release "|stable|testing|unstable|sid)$"
            }
            $1 == "deb" {
                trusted = /\[[^]]*trusted=yes/
                sub(/^deb[ \t]+(\[[^]]*\])?/, "deb ")
                if (fits($2, $3, $0)) { print $2, trusted; exit }
                trusted = 0
            }
            tolower($1) == "types:" { if (fits(uri, suite, components)) exit; trusted = 0 }
            tolower($1) == "uris:" { uri = $2 }
            tolower($1) == "suites:" { suite = $2 }
            tolower($1) == "components:" { components = $0 }
            tolower($1) == "trusted:" { trusted = ($2 == "yes") }
            END { if (fits(uri, suite, components)) print uri, trusted + 0 }'
}

slim() {
    local root=$1
    as_root tee "$root/etc/dpkg/dpkg.cfg.d/slim" >/dev/null <<'EOF'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
EOF
    as_root find "$root/usr/share/doc" ! -type d ! -name copyright -delete
    as_root find "$root/usr/share/doc" -depth -type d -empty -delete
    as_root find "$root/usr/share/info" "$root/usr/share/locale" "$root/usr/share/man" \
        "$root/var/cache/apt" "$root/var/lib/apt/lists" "$root/var/log" ! -type d -delete
}

# What this machine needs to reach its packages, the build needs too.
hand_on_apt_settings() {
    local root=$1 mirror=$2 trusted=$3 suite=$4 proxy=''
    eval "$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null || true)"
    if [[ -n $proxy ]]; then
        echo "Acquire::http::Proxy \"$proxy\";" | as_root tee "$root/etc/apt/apt.conf.d/90proxy" >/dev/null
    fi
    if [[ $trusted -eq 1 ]]; then
        echo "deb [trusted=yes] $mirror $suite main" | as_root tee "$root/etc/apt/sources.list" >/dev/null
    fi
}

bootstrap() {
    local root=$1 suite=$2 mirror=$3 trusted=$4
    local options=(--variant=minbase)
    [[ $mirror != https:* ]] || options+=(--include=ca-certificates)
    [[ $trusted -eq 0 ]] || options+=(--no-check-gpg)
    say "making $image with debootstrap from ${mirror:-its default mirror}; this takes a minute or two"
    if ! as_root debootstrap "${options[@]}" "$suite" "$root" ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1; then
        tail -n 20 "$work/debootstrap.log" >&2
        die "debootstrap could not make $suite"
    fi
    hand_on_apt_settings "$root" "$mirror" "$trusted" "$suite"
    slim "$root"
}

main() {
    local suite mirror='' trusted=0
    command -v docker >/dev/null || die "no docker command: install the packages docker.io and docker-cli"
    docker version >/dev/null 2>&1 || die "no Docker engine answers: start one (systemctl start docker), or use one you may reach"
    if docker image inspect "$image" >/dev/null 2>&1; then
        say "$image is already here"
        return
    fi
    if timeout "$pull_seconds" docker pull --quiet "$image" >/dev/null 2>&1; then
        say "$image was pulled"
        return
    fi
    suite=$(suite_of "$image")
    PATH=$PATH:/usr/sbin
    command -v debootstrap >/dev/null || die "$image cannot be pulled, and debootstrap is missing: apt-get install debootstrap"
    read -r mirror trusted < <(host_source) || true
    # Not /tmp, which is often in memory, and mounted without the devices that debootstrap makes.
    work=$(mktemp -d /var/tmp/base-image.XXXXXX)
    trap 'as_root rm -rf --one-file-system "$work"' EXIT
    bootstrap "$work/root" "$suite" "$mirror" "${trusted:-0}"
    as_root tar -C "$work/root" --numeric-owner --one-file-system -c . |
        docker import --change 'CMD ["bash"]' - "$image" >/dev/null
    say "$image is made: $(docker image inspect --format '{{.Size}}' "$image" | awk '{printf "%d MB", $1 / 1e6}')"
}

# Who makes another machine the same way takes its functions.
[[ ${BASH_SOURCE[0]} != "$0" ]] || main "$@"
