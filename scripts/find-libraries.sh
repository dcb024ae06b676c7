#!/usr/bin/env bash
# Says which of the libraries is missing and which Debian package has it. Silent when all are there. CC and PKG_CONFIG
# are those of the machine that is built for; CROSS names it where it is another one.
set -euo pipefail

missing=()
CROSS=${CROSS:-}

command -v "${CC%% *}" >/dev/null || missing+=("a C compiler, package gcc${CROSS:+-$CROSS}")
if command -v "$PKG_CONFIG" >/dev/null; then
    "$PKG_CONFIG" --exists libcjson || missing+=("cJSON, package libcjson-dev")
    "$PKG_CONFIG" --exists libcrypto || missing+=("OpenSSL's libcrypto, package libssl-dev")
    "$PKG_CONFIG" --exists zlib || missing+=("zlib, package zlib1g-dev")
    "$PKG_CONFIG" --exists fontconfig || missing+=("fontconfig, package libfontconfig-dev")
    "$PKG_CONFIG" --exists libseccomp || missing+=("libseccomp, package libseccomp-dev")
else
    missing+=("pkg-config, package pkg-config")
fi
# libcsv ships no pkg-config file, so the compiler is asked.
if [ ${#missing[@]} -eq 0 ] && ! printf '#include <csv.h>\n' | $CC -fsyntax-only -x c - 2>/dev/null; then
    missing+=("libcsv, package libcsv-dev")
fi

[ ${#missing[@]} -eq 0 ] && exit 0
printf "missing${CROSS:+ for $CROSS}: %s\n" "${missing[@]}" >&2
case $CROSS in
'') echo 'scripts/install-deps.sh build installs them all (Debian and its relatives)' >&2 ;;
aarch64-linux-gnu) echo 'scripts/install-deps.sh cross installs them all, as packages of arm64 (Debian)' >&2 ;;
esac
exit 1
