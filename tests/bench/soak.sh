#!/usr/bin/env bash
# A small volume, a consumer that is slower than its producer, and many batches: that the volume never fills, nothing is
# lost or done twice, and neither side's memory grows. Ends with 1 and says so where one of these does not hold.
#
#   tests/bench/soak.sh [BATCHES]     100,000 of them without a number
#
#   SOAK_DIR    a directory on a volume of its own, emptied before and left empty (default: a tmpfs that is mounted in
#               a mount namespace, which takes root)
#   SOAK_MIB    how large the volume is (default 64)
#
# The results are of another volume, as in production: their log and summaries are kept for ever, and the volume that is
# to stay below its size is the shared one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ -z ${SOAK_DIR:-} && -z ${SOAK_IN_NAMESPACE:-} ]]; then
    unshare -m true 2>/dev/null || { echo "soak: skipped: needs root and mount namespaces, or SOAK_DIR" && exit 0; }
    SOAK_IN_NAMESPACE=1 exec unshare -m bash "tests/bench/${BASH_SOURCE[0]##*/}" "$@"
fi

BUILD=$(realpath "${BUILD:-build}")
batches=${1:-100000}
mib=${SOAK_MIB:-64}
resident_kib_max=$((32 * 1024))
work=$(mktemp -d)
dir=${SOAK_DIR:-$work/shared}
results=$work/results
making=
reading=

clean_up() {
    local pid
    for pid in $making $reading; do kill -KILL "$pid" 2>/dev/null || true; done
    wait
    [[ -z ${SOAK_IN_NAMESPACE:-} ]] || umount "$dir" 2>/dev/null || true
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT

mount_volume() {
    mkdir -p "$dir" "$results"
    [[ -z ${SOAK_IN_NAMESPACE:-} ]] || mount -t tmpfs -o "size=${mib}m" soak "$dir"
    find "$dir" -mindepth 1 -delete
}

peak_kib() { awk '/^VmHWM:/ {print $2}' "/proc/$1/status" 2>/dev/null || true; }
used_kib() { df --output=used -k "$dir" | tail -n 1; }
free_kib() { df --output=avail -k "$dir" | tail -n 1; }
larger() { echo $(($1 > $2 ? $1 : $2)); }

# A batch of 400 rows is some 20 KiB with its metadata, 50 of them a MiB: those that are kept take a sixteenth of the
# volume; so many pending ones would take four fifths of it, and --min-free holds the producer back where it comes to that.
start_producer() {
    "$BUILD/data-producer" --dir "$dir" --results "$results" --interval 0 --rows 400 --seed 1 --count "$batches" \
        --keep $((mib * 3)) --max-pending $((mib * 40)) --min-free $((mib / 5))MiB >"$work/producer.out" 2>&1 &
    making=$!
}

# It flushes to a disk, the producer to memory: so it is the slower one by far. And it is stopped now and then.
start_consumer() {
    "$BUILD/data-consumer" --dir "$dir" --results "$results" --chart none --poll-interval 100ms \
        >"$work/consumer.out" 2>&1 &
    reading=$!
}

decided() { wc -l <"$results/processed.log" 2>/dev/null || echo 0; }

watch_until_done() {
    most_used=0 least_free=$((1 << 40)) producer_peak=0 consumer_peak=0
    while kill -0 "$making" 2>/dev/null || [[ $(decided) -lt $batches ]]; do
        kill -0 "$reading" 2>/dev/null || break
        kill -STOP "$reading"
        look
        sleep 0.2
        look
        kill -CONT "$reading"
        sleep 1
        report_progress
    done
}

look() {
    local peak
    most_used=$(larger "$most_used" "$(used_kib)")
    least_free=$((-$(larger "-$least_free" "-$(free_kib)")))
    peak=$(peak_kib "$making") && producer_peak=$(larger "$producer_peak" "${peak:-0}")
    peak=$(peak_kib "$reading") && consumer_peak=$(larger "$consumer_peak" "${peak:-0}")
}

report_progress() { [[ ! -t 2 ]] || printf '\rsoak: %s of %s ' "$(decided)" "$batches" >&2; }

problems=0
problem() {
    problems=$((problems + 1))
    echo "soak: $*"
}

judge() {
    local words found
    words=$(grep -hiE -m 1 'no space|cannot (write|publish|delete)' "$work"/{producer,consumer}.out) || true
    [[ -z $words ]] || problem "a volume that was full: $words"
    found=$(jq -rs '[.[] | select(.outcome == "processed") | .key | tonumber] | [length, (unique | length), min, max] | @tsv' \
        "$results/processed.log" | tr '\t' ' ')
    [[ $found == "$batches $batches 1 $batches" ]] || problem "records, different ones, first, last: $found"
    [[ $producer_peak -lt $resident_kib_max ]] || problem "the producer took $producer_peak KiB"
    [[ $consumer_peak -lt $resident_kib_max ]] || problem "the consumer took $consumer_peak KiB"
}

mount_volume
started=$SECONDS
start_consumer
until [[ -e $results/status.json ]]; do sleep 0.05; done
start_producer
watch_until_done
wait "$making" || problem "the producer ended with $?: $(tail -n 1 "$work/producer.out")"
making=
kill -TERM "$reading"
wait "$reading" || problem "the consumer ended with $?: $(tail -n 1 "$work/consumer.out")"
reading=
judge
cat <<END
Soak, $batches batches of 400 rows through a volume of $(df --output=size -k "$dir" | tail -n 1 | tr -d ' ') KiB, $((SECONDS - started)) s
  most of it in use            $most_used KiB
  least of it free             $least_free KiB
  the producer waited          $(grep -c 'waiting for' "$work/producer.out" || true) times
  the producer's memory        $producer_peak KiB at most
  the consumer's memory        $consumer_peak KiB at most
  problems                     $problems
END
[[ $problems -eq 0 ]]
