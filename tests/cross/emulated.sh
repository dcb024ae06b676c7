#!/usr/bin/env bash
# Runs a unit suite that was built for arm64 by qemu-user, and says of its tests what run.sh asks. Those that fail because
# the emulator lacks something stand in beyond-emulator with what it is: they are skipped, with a word, and no others.
#
#   tests/cross/emulated.sh build/aarch64-linux-gnu/tests/test_common_json
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

output=$(mktemp)
trap 'rm -f "$output"' EXIT

# The rows that say why: NAME WORDS...
beyond() { grep -E "^$1 " tests/cross/beyond-emulator; }

# By the emulator all takes several times as long.
export CK_TIMEOUT_MULTIPLIER=5
status=0
"${QEMU:-qemu-aarch64}" "$1" >"$output" 2>&1 || status=$?
last=$(tail -n 1 "$output")
if [[ ! $last =~ ^([a-z_]+):\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    cat "$output"
    exit "$((status > 0 ? status : 1))"
fi
suite=${BASH_REMATCH[1]} passed=${BASH_REMATCH[2]} failed=${BASH_REMATCH[3]}
sed '$d' "$output"
while read -r name; do
    why=$(beyond "$name") || continue
    failed=$((failed - 1))
    echo "$suite: skipped: $name: ${why#* }"
done < <(sed -n 's/^FAILED //p' "$output")
echo "$suite: $passed passed, $failed failed"
[[ $failed -eq 0 ]]
