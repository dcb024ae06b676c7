#!/usr/bin/env bash
# A consumer that was compiled as for a machine without vector instructions leaves the same bytes as the one that uses
# those of this machine.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh
# shellcheck source=tests/lib-machines.sh
source tests/lib-machines.sh

# shellcheck disable=SC2034 # by name
{
    consumer_here=("$consumer")
    consumer_there=("$tools/data-consumer-portable")
}

# Else the one would be held against itself.
the_portable_consumer_has_no_vector_instructions_of_its_own() {
    [[ $(uname -m) == x86_64 ]] || skip "only the sources for x86-64 name any"
    nm "$consumer" >"$work/vectors"
    nm "$tools/data-consumer-portable" >"$work/none"
    grep -q scan_by_avx2 "$work/vectors"
    grep -q add_by_avx2 "$work/vectors"
    [[ -s $work/none ]]
    [[ -z $(sed -n '/by_\(avx2\|sse2\)/p' "$work/none") ]]
}

for name in $(tests_of "${BASH_SOURCE[0]}" tests/lib-machines.sh); do check "$name"; done
finish portable
