#!/usr/bin/env bash
# Writes the C source of consumer/page/page_assets.h to standard output: the style, the script, and a policy with the hashes
# of the very bytes that are embedded (Content Security Policy Level 3, 6.7.2).   scripts/embed-page.sh STYLE SCRIPT
set -euo pipefail
export LC_ALL=C

# In base64, of the digest's bytes and not of its digits.
hash_of() {
    local digits
    read -r digits _ < <(sha256sum <"$1")
    # shellcheck disable=SC2001,SC2059 # the escapes are the format
    printf "$(sed 's/../\\x&/g' <<<"$digits")" | base64
}

# As characters: a string literal of C17 has room for 4095 of them, and which number a byte beyond ASCII is depends on the
# machine, for char has a sign on some.
array_of() {
    printf '\nconst char %s[] = {' "$1"
    od -An -v -to1 <"$2" | sed -E "s/ *([0-7]+)/'\\\\\1',/g"
    echo '0};'
}

# Between their tags nothing else ends them, and nothing else would be hashed with them.
if grep -qiE '</(style|script)|<!--' "$1" "$2"; then
    echo "embed-page: what would end the element stands in $1 or $2" >&2
    exit 65
fi

echo '#include "consumer/page/page_assets.h"'
array_of PAGE_STYLE "$1"
array_of PAGE_SCRIPT "$2"
cat <<EOF

const char PAGE_POLICY[] = "default-src 'none'; img-src 'self' data:; connect-src 'self'; "
                           "style-src 'sha256-$(hash_of "$1")'; "
                           "script-src 'sha256-$(hash_of "$2")'; "
                           "base-uri 'none'; form-action 'none'";
EOF
