#!/usr/bin/env bash
# Compiles the given sources with gcc and clang, warnings being errors, and lets cppcheck and
# clang-tidy look at them where they are installed.
#
#   scripts/lint.sh [--only gcc|clang] FILE.c ...
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
status=0

have() {
    command -v "$1" >/dev/null && return 0
    echo "lint: $1 is not installed"
    return 1
}

# The Makefile's own words, so that a warning added there is one here.
warnings_of_makefile() {
    make --no-print-directory -s -f - <<<$'include Makefile\nshow-warnings: ; @echo $(WARNINGS)' show-warnings
}

# each FILE... -- COMMAND...: COMMAND with each file as its last argument, as many at a time as there are cores.
each() {
    local files=()
    while [[ $1 != -- ]]; do
        files+=("$1")
        shift
    done
    shift
    printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" "$@"
}

compile_all() {
    local compiler=$1 bad=0
    shift
    each "$@" -- "$compiler" "${flags[@]}" "${warnings[@]}" -Werror -fsyntax-only || bad=1
    verdict "$compiler" "$bad" "$#"
}

verdict() {
    if [[ $2 -eq 0 ]]; then
        echo "lint: $1: nothing found in $3 files"
    else
        status=1
        echo "lint: $1: see above"
    fi
}

only=
if [[ ${1:-} == --only ]]; then
    only=${2:-}
    shift 2 || true
fi
if [[ $# -eq 0 ]]; then
    echo "usage: scripts/lint.sh [--only gcc|clang] FILE.c ..." >&2
    exit 64
fi
read -r -a warnings <<<"$(warnings_of_makefile)"
read -r -a flags <<<"-std=c17 -D_GNU_SOURCE -I. $(pkg-config --cflags libcjson libcrypto libseccomp fontconfig check | tr '\n' ' ')"

for compiler in ${only:-gcc clang}; do
    if have "$compiler"; then compile_all "$compiler" "$@"; fi
done
[[ -z $only ]] || exit "$status"

if have cppcheck; then
    bad=0
    cppcheck --quiet --std=c11 -I. -D_GNU_SOURCE --enable=warning,portability --inline-suppr \
        --library=posix --suppress=missingIncludeSystem --suppress=readdirCalled --error-exitcode=1 -j "$(nproc)" "$@" || bad=1
    verdict cppcheck "$bad" $#
fi

# It reads .clang-tidy, and tells on stderr how many warnings it kept to itself.
if have clang-tidy; then
    bad=0
    # shellcheck disable=SC2016
    each "$@" -- bash -c 'clang-tidy --quiet "${@: -1}" -- "${@:1:$#-1}" 2>/dev/null' tidy "${flags[@]}" || bad=1
    verdict clang-tidy "$bad" $#
fi

exit "$status"
