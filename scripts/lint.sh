#!/usr/bin/env bash
# Compiles the given sources with gcc and clang, warnings being errors, and lets cppcheck and
# clang-tidy look at them where they are installed.   scripts/lint.sh FILE.c ...
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

compile_all() {
    local compiler=$1 file bad=0
    shift
    for file in "$@"; do
        "$compiler" "${flags[@]}" "${warnings[@]}" -Werror -fsyntax-only "$file" || bad=1
    done
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

if [[ $# -eq 0 ]]; then
    echo "usage: scripts/lint.sh FILE.c ..." >&2
    exit 64
fi
read -r -a warnings <<<"$(warnings_of_makefile)"
read -r -a flags <<<"-std=c17 -D_GNU_SOURCE -I. $(pkg-config --cflags libcjson libcrypto libseccomp fontconfig check | tr '\n' ' ')"

for compiler in gcc clang; do
    if have "$compiler"; then compile_all "$compiler" "$@"; fi
done

if have cppcheck; then
    bad=0
    cppcheck --quiet --std=c11 -I. -D_GNU_SOURCE --enable=warning,portability --inline-suppr \
        --library=posix --suppress=missingIncludeSystem --suppress=readdirCalled --error-exitcode=1 -j "$(nproc)" "$@" || bad=1
    verdict cppcheck "$bad" $#
fi

# It reads .clang-tidy, and tells on stderr how many warnings it kept to itself.
if have clang-tidy; then
    bad=0
    # One process a file, as many at once as there are cores; xargs says when one of them failed.
    # shellcheck disable=SC2016
    printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" bash -c \
        'clang-tidy --quiet "${@: -1}" -- "${@:1:$#-1}" 2>/dev/null' tidy "${flags[@]}" || bad=1
    verdict clang-tidy "$bad" $#
fi

exit "$status"
