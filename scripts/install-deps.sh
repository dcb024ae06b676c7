#!/usr/bin/env bash
# Installs the Debian packages that are missing for what is to be done; silent when none is.
#   scripts/install-deps.sh build|run|test|cross|deb|deb-test|docker
set -euo pipefail

# Each set holds those before it, but "docker", which stands alone, "deb", which holds "build", and "cross", which is
# "build" twice: for this machine and for arm64. One after a "?" is needed only by the Debian releases that have it. A "*"
# stands for the version of clang that the release has as its own: sanitizers and libFuzzer are packages by version, and
# only newer releases have one without.
packages_of() {
    case $1 in
    build) echo gcc libc6-dev make pkg-config libcsv-dev libcjson-dev libssl-dev zlib1g-dev libseccomp-dev \
        libfontconfig-dev ;;
    run) echo "$(packages_of build)" gnuplot-nox fonts-dejavu-core fontconfig util-linux ;;
    test) echo "$(packages_of run)" check jq clang "libclang-rt-*-dev" procps bsdutils strace miller datamash chromium-headless-shell \
        nodejs "$(npm_package)" netpbm mandoc bash-completion zsh fish ;;
    cross) echo "$(packages_of build)" gcc-aarch64-linux-gnu qemu-user jq "$(of_arm64 "$(packages_of build) check")" ;;
    # What debian/control asks for; its tests draw a chart.
    deb) echo "$(packages_of build)" build-essential dpkg-dev debhelper git check gnuplot-nox fonts-dejavu-core ;;
    deb-test) echo "$(packages_of deb)" lintian debootstrap systemd-container ;;
    docker) echo docker.io '?docker-cli' docker-compose debootstrap iptables ;;
    *)
        echo "usage: scripts/install-deps.sh build|run|test|cross|deb|deb-test|docker ..." >&2
        exit 64
        ;;
    esac
}

# The libraries in a list, and what finds them, as packages of that machine: Debian installs both side by side.
of_arm64() {
    local package
    for package in $1; do
        case $package in
        lib*-dev | zlib1g-dev | check | pkg-config) echo -n "$package:arm64 " ;;
        esac
    done
}

know_arm64() {
    [[ $(dpkg --print-foreign-architectures) == *arm64* ]] || as_root dpkg --add-architecture arm64
}

# Other makers' packages of Node.js have npm in them, and Debian's would be a second owner of its files.
npm_package() { command -v npm >/dev/null || echo npm; }

clang_version() {
    local name
    name=$({ dpkg-query -W -f '${Depends}\n' clang || apt-cache depends clang; } 2>/dev/null |
        grep -oEm1 'clang-[0-9]+') || true
    echo "${name#clang-}"
}

# Its arguments, with the version in the place of the "*" where it is known already.
named_of() {
    local package version
    for package in "$@"; do
        if [[ $package == *'*'* ]]; then
            version=$(clang_version)
            package=${package/\*/${version:-*}}
        fi
        echo "$package"
    done
}

# This machine's own packages are asked for without its name.
missing_of() {
    local package installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}:${Architecture}\n' "${@#\?}" 2>/dev/null |
        sed -E "s/:($(dpkg --print-architecture)|all)$//") || true
    for package in "$@"; do
        [[ $'\n'$installed$'\n' == *$'\n'"installed ${package#\?}"$'\n'* ]] || echo "$package"
    done
}

# Those of its arguments that this release has, where that matters.
offered_of() {
    local package
    for package in "$@"; do
        if [[ $package != \?* ]] || apt-cache show "${package#\?}" >/dev/null 2>&1; then
            echo "${package#\?}"
        fi
    done
}

give_up() {
    echo "install-deps: $1; install these Debian packages: ${*:2}" >&2
    exit 69
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

install() {
    local packages
    mapfile -t packages < <(named_of "$@" | grep -vF '*')
    mapfile -t packages < <(offered_of "${packages[@]}")
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 \
        install -y --no-install-recommends "${packages[@]}"
}

have_lists() { compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; }

# A machine made new has no package lists, and old lists name files that the mirror has no more.
install_with_fresh_lists() {
    as_root apt-get -qq -o DPkg::Lock::Timeout=120 update
    install "$@"
}

# What checks metrics.prom. Its package brings a server that is started at once: of that only the one program is taken.
# Where it cannot be had, its test says that it was skipped.
promtool=${BUILD:-build}/tools/promtool

unpack_promtool() (
    cd "$1" && apt-get -qq -o APT::Sandbox::User=root download prometheus &&
        dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
)

fetch_promtool() {
    local directory
    if command -v promtool >/dev/null || [[ -x $promtool ]]; then
        return
    fi
    echo "install-deps: taking promtool out of the package prometheus"
    directory=$(mktemp -d)
    if unpack_promtool "$directory"; then
        mkdir -p "${promtool%/*}"
        mv "$directory/usr/bin/promtool" "$promtool"
    fi
    rm -rf "$directory"
}

install_missing() {
    if [[ $(id -u) -ne 0 ]] && ! command -v sudo >/dev/null; then
        give_up "neither root nor sudo" "${@#\?}"
    fi
    echo "install-deps: installing ${*#\?}"
    [[ "$*" != *:arm64* ]] || know_arm64
    if have_lists && install "$@"; then
        return
    fi
    install_with_fresh_lists "$@" || give_up "apt-get failed" "${@#\?}"
}

main() {
    local set list wanted=() missing
    [[ $# -gt 0 ]] || packages_of ''
    for set in "$@"; do
        list=$(packages_of "$set")
        read -r -a list <<<"$list"
        wanted+=("${list[@]}")
    done
    mapfile -t wanted < <(named_of "${wanted[@]}")
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        give_up "this is not Debian" "${wanted[@]#\?}"
    fi

    mapfile -t missing < <(missing_of "${wanted[@]}")
    [[ -z $(offered_of "${missing[@]}") ]] || install_missing "${missing[@]}"
    [[ " $* " != *' test '* ]] || fetch_promtool
}

main "$@"
