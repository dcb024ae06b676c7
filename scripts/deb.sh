#!/usr/bin/env bash
# Builds the Debian packages of both daemons from a copy of what git knows of this tree, changes included.
#   scripts/deb.sh                  OUT=build/deb: the packages, and below it debug/ with their symbols
#   VERSION=0.1.0+1 scripts/deb.sh  as another version, with an entry of its own in the changelog
# The copy, the .changes and the .buildinfo are in WORK=build/deb-work. What was built there is built on.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${BUILD:-build}
work=${WORK:-$build/deb-work}
out=${OUT:-$build/deb}
copy=$work/shared-data

die() {
    echo "deb: $*" >&2
    exit 69
}

# Those that are there: one may be removed and not yet committed. Times are kept, for make goes by them.
list_tree() {
    local file
    while IFS= read -r -d '' file; do
        [[ ! -e $file && ! -L $file ]] || printf '%s\0' "$file"
    done < <(git ls-files -z --cached --others --exclude-standard)
}

copy_tree() {
    git rev-parse --is-inside-work-tree >/dev/null 2>&1 || die "git does not know this tree, so it cannot say what belongs to it"
    mkdir -p "$copy"
    find "$copy" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    list_tree | tar --null --files-from - --create | tar --extract --directory "$copy"
}

# The entry's time is the version before it a second later, so that one version is the same whenever it is built.
add_version() {
    local before
    before=$(dpkg-parsechangelog -l debian/changelog -S Date)
    {
        printf 'shared-data (%s) unstable; urgency=medium\n\n  * Built as this version.\n\n' "$VERSION"
        printf ' -- The shared-data maintainers <maintainers@shared-data.invalid>  %s\n\n' "$(LC_ALL=C date -u -R -d "$before + 1 second")"
        cat debian/changelog
    } >"$copy/debian/changelog"
}

# What a make above was told is not about the packages. In its own words only where it fails.
build_packages() (
    cd "$copy"
    unset BUILD CC CFLAGS CPPFLAGS LDFLAGS SANITIZE WERROR MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
    DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS:-nocheck parallel=$(nproc)} \
        dpkg-buildpackage --build=binary --unsigned-source --unsigned-changes --no-pre-clean >../build.log 2>&1 || {
        tail -n 30 ../build.log >&2
        die "dpkg-buildpackage failed, see $work/build.log"
    }
)

hand_over() {
    rm -rf "$out"
    mkdir -p "$out/debug"
    cp "$work"/*-dbgsym_*.deb "$out/debug/" || die "there are no packages of symbols"
    cp "$work"/*.deb "$out/"
    rm -f "$out"/*-dbgsym_*.deb
}

command -v dpkg-buildpackage >/dev/null || die "dpkg-buildpackage is missing: scripts/install-deps.sh deb"
mkdir -p "$work"
rm -f "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo
copy_tree
[[ -z ${VERSION:-} ]] || add_version
build_packages
hand_over
ls -1 "$out"/*.deb
