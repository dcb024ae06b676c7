#!/usr/bin/env bash
# The short form of "make soak": a thousand batches through a small volume.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh

a_thousand_batches_pass_a_volume_of_16_mib_that_never_fills() {
    local said
    said=$(SOAK_MIB=16 tests/bench/soak.sh 1000 2>&1) || fail "$said"
    [[ $said != *skipped* ]] || skip "${said#*skipped: }"
    [[ $said == *'problems                     0'* ]] || fail "$said"
    # More was published than the volume holds at once.
    [[ $said =~ most\ of\ it\ in\ use\ +([0-9]+) && ${BASH_REMATCH[1]} -lt 16384 ]] || fail "$said"
}

for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish soak
