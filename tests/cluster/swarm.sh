#!/usr/bin/env bash
# deploy/swarm/stack.yml on a real engine in swarm mode: batches flow while containers are killed and the number of shards
# changes, and each batch is processed once.
#
#   tests/cluster/swarm.sh [CHECK...]      only these
#
# SWARM_BATCHES=2000, at the least; SWARM_INTERVAL=100ms from one to the next. Stack, volumes and images have names of
# their own; the engine leaves its swarm again unless it was in one before.
# "check" calls the functions by their names.
# shellcheck disable=SC2016,SC2317
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
. tests/lib.sh
# shellcheck source=tests/lib-engine.sh
. tests/lib-engine.sh

batches=${SWARM_BATCHES:-2000}
stack=shared-data-test-$$
consumers=${stack}_data-consumer
producers=${stack}_data-producer
reader=$stack-reader
work=$(mktemp -d)
mkdir "$work/bin"
export PATH=$work/bin:$PATH
export PRODUCER_IMAGE=$stack-producer CONSUMER_IMAGE=$stack-consumer
export SHARED_DATA_VOLUME=$stack-shared RESULTS_VOLUME=$stack-results
# What was published has to be there at the end, to be counted.
export PRODUCER_INTERVAL=${SWARM_INTERVAL:-100ms} PRODUCER_KEEP=1000000 CONSUMER_CHART=none
unset PLACEMENT NFS_SERVER

# ---- the engine, and its swarm --------------------------------------------------------------------

skip_suite() {
    rm -rf "$work"
    echo "swarm: skipped: $1"
    trap - EXIT
    exit 0
}

# enter_swarm: says nothing, or why there is none.
enter_swarm() {
    case $(docker info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}') in
    'active true') ;;
    inactive*)
        : >"$work/ours"
        docker swarm init --advertise-addr 127.0.0.1 2>&1 >/dev/null | tail -n 1
        ;;
    *) echo "this engine is in a swarm and does not manage it" ;;
    esac
}

containers() { docker ps -aq --filter "label=com.docker.stack.namespace=$stack"; }
no_containers() { [[ -z $(containers) ]]; }

clean_up() {
    timeout 60 docker stack rm "$stack" || true
    (eventually 60 no_containers) || true
    docker rm -f "$reader" || true
    [[ ! -e $work/ours ]] || timeout 60 docker swarm leave --force || true
    (eventually 60 docker volume rm -f "$SHARED_DATA_VOLUME" "$RESULTS_VOLUME") || true
    docker image rm "$PRODUCER_IMAGE" "$stack"-{consumer,next,broken} || true
    rm -rf "$work"
} >/dev/null 2>&1

# ---- asking ---------------------------------------------------------------------------------------

# deploy SHARDS [OPTION...]: the images are this engine's own, and no registry is asked for them.
deploy() { SHARDS=$1 docker stack deploy --resolve-image never -c deploy/swarm/stack.yml "${@:2}" "$stack"; }

running() { docker ps -q --filter "label=com.docker.swarm.service.name=$1"; }
some_of() { running "$1" | head -n 1; }
are_running() { [[ $(running "$1" | wc -l) -eq $2 ]] || fail "$(docker service ps "$1" --no-trunc)"; }
in_some() { docker exec "$(some_of "$1")" "${@:2}"; }

start_reader() {
    docker run -d --name "$reader" --no-healthcheck --network none --entrypoint sleep -v "$SHARED_DATA_VOLUME:/data:ro" \
        -v "$RESULTS_VOLUME:/results:ro" "$CONSUMER_IMAGE" infinity
}
read_out() { docker exec "$reader" sh -c "$1"; }
all_logs() { read_out 'cat /results/processed*.log'; }
decided() { read_out 'cat /results/processed*.log 2>/dev/null | wc -l'; }
published() { read_out 'ls /data | grep -c "^metadata_"'; }
all_are_decided() { [[ $(decided) -ge $(published) ]] || fail "$(decided) of $(published)"; }
totals_are_of() { [[ $(read_out 'cat /results/totals.json' | jq -c '[.batches, .left_out]') == "[$1,0]" ]]; }

shards_of_tasks() {
    docker ps -q --filter "label=com.docker.swarm.service.name=$consumers" | xargs -r docker inspect |
        jq -r '.[].Config.Env[] | select(startswith("CONSUMER_SHARD=")) | ltrimstr("CONSUMER_SHARD=")' | sort | tr '\n' ' '
}
shards_are() { [[ $(shards_of_tasks) == "$1 " ]] || fail "$(shards_of_tasks), not $1"; }

# ---- disturbing -----------------------------------------------------------------------------------

# kill_one SERVICE: the engine's word for SIGKILL; a container that has just ended is nobody's to kill.
kill_one() {
    local container
    container=$(running "$1" | shuf -n 1)
    if [[ -n $container ]] && docker kill "$container"; then
        echo "$1" >>"$work/kills"
    fi
}

kills_of() { grep -c "$1" "$work/kills" || true; }

# disturb_until COUNT KILLS: kills, now here, now there, until so many batches are decided and so many more were killed.
disturb_until() {
    local deadline=$((SECONDS + 900)) kills
    kills=$(($(kills_of data) + $2))
    kill_one "$producers"
    until [[ $(decided) -ge $1 && $(kills_of data) -ge $kills ]]; do
        [[ $SECONDS -lt $deadline ]] || fail "$(decided) of $1 batches: $(docker service ls; docker service ps "$consumers")"
        sleep "$((RANDOM % 2)).$((RANDOM % 10))"
        if ((RANDOM % 8 == 0)); then kill_one "$producers"; else kill_one "$consumers"; fi
    done
}

update_is_over() {
    local state
    state=$(docker service inspect --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' "$consumers")
    [[ $state == completed ]] || fail "the update is $state"
}

# More: the others go on. One is killed in the middle, which does not take the change back.
grow_to() {
    deploy "$1"
    sleep 3
    kill_one "$consumers"
    eventually 300 update_is_over
    echo "$1" >>"$work/changes"
}

# Fewer: by way of none, as stack.yml says.
shrink_to() {
    timeout 120 docker service scale "$consumers=0"
    deploy "$1"
    echo "$1" >>"$work/changes"
}

# derive_image NAME LINE: the consumer's, with that line more in its Dockerfile.
derive_image() { printf 'FROM %s\n%s\n' "$stack-consumer" "$2" | docker build -q -t "$stack-$1" -; }
releases_running() {
    docker ps -q --filter "label=com.docker.swarm.service.name=$consumers" |
        xargs -r docker inspect --format '{{index .Config.Labels "release"}}' | sort | uniq -c | tr -s ' '
}
release_is() { [[ $(releases_running) == " $1 next" ]] || fail "$(releases_running)"; }

# One after the other, and one is killed in the middle.
roll_to_next() {
    derive_image next 'LABEL release=next'
    CONSUMER_IMAGE=$stack-next deploy "$1"
    sleep 3
    kill_one "$consumers"
    eventually 300 update_is_over
    eventually 60 release_is "$1"
}

is_taken_back() {
    local state
    state=$(docker service inspect --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' "$consumers")
    [[ $state == rollback_completed ]] || fail "the update is $state"
}

# ---- checks ---------------------------------------------------------------------------------------

images_are_built_as_compose_names_them() {
    local side
    for side in producer consumer; do
        docker build -q ${BASE_IMAGE:+--build-arg "BASE=$BASE_IMAGE"} -f "$side/Dockerfile" -t "$stack-$side" .
    done
    [[ $(grep -oE '^    image: .*_IMAGE:-[a-z-]+}' docker-compose.yml) == $(grep -oE '^    image: .*_IMAGE:-[a-z-]+}' deploy/swarm/stack.yml) ]] ||
        fail "stack.yml names other images than docker-compose.yml"
}

stack_comes_up_with_four_shards() {
    deploy 4
    eventually 120 are_running "$consumers" 4
    shards_are '1/4 2/4 3/4 4/4'
    eventually 120 are_running "$producers" 1
    eventually 60 start_reader
}

containers_are_as_confined_as_swarm_can() {
    local service status
    for service in "$consumers" "$producers"; do
        status=$(in_some "$service" cat /proc/1/status)
        grep -E '^CapBnd:\s+0+$' <<<"$status" || fail "$status"
        grep -E '^Uid:\s+10001\s' <<<"$status" || fail "$status"
        in_some "$service" grep -E ' /tmp tmpfs rw,.*noexec' /proc/mounts
        refused "$service" /usr/test_file.txt
        [[ -z $(in_some "$service" awk '$2 == "00000000"' /proc/net/route) ]] || fail "$service has a way out"
    done
    refused "$consumers" /shared-data/test_file.txt
    refused "$producers" /shared-data/results/test_file.txt
}

# refused SERVICE FILE: it cannot be written, for this reason and no other.
refused() {
    local answer
    ! answer=$(in_some "$1" touch "$2" 2>&1) || fail "$1 can write $2"
    grep 'Read-only file system' <<<"$answer" || fail "$1: $answer"
}

shards_become_healthy_each_by_its_own_word() {
    local container
    for container in $(running "$consumers"); do
        eventually 60 docker exec "$container" /usr/local/bin/data-consumer --health
    done
}

each_batch_is_processed_once_while_containers_are_killed_and_their_number_changes() {
    local started=$SECONDS count found
    : >"$work/kills"
    disturb_until $((batches / 4)) 10
    grow_to 6
    eventually 60 shards_are '1/6 2/6 3/6 4/6 5/6 6/6'
    disturb_until $((batches / 2)) 10
    shrink_to 4
    eventually 60 shards_are '1/4 2/4 3/4 4/4'
    disturb_until $((batches * 3 / 4)) 10
    roll_to_next 4
    shards_are '1/4 2/4 3/4 4/4'
    disturb_until "$batches" 10
    docker service scale "$producers=0" >/dev/null
    eventually 60 are_running "$producers" 0 # it may publish one more while it ends
    count=$(published)
    eventually 300 all_are_decided
    found=$(all_logs | jq -rs '[length, (map(.key) | unique | length), (map(select(.outcome != "processed")) | length)] | @tsv')
    [[ $found == "$count"$'\t'"$count"$'\t'0 ]] || fail "records, different keys, not processed: $found, of $count batches"
    [[ $(read_out 'ls /results | grep -c "^summary_"') -eq $count ]] || fail "not as many summaries as batches"
    echo "$count batches, 0 lost, 0 twice; $(kills_of "$consumers") shards and $(kills_of "$producers") producers killed," \
        "$(wc -l <"$work/changes") changes of N, one of the image, $((SECONDS - started)) seconds" >"$work/came_to"
    [[ $count -ge $batches && $(wc -l <"$work/kills") -ge 30 ]] || fail "$(cat "$work/came_to")"
    read_out 'test -s /results/processed.1-of-4.log && test -s /results/processed.1-of-6.log'
}

totals_are_of_all_batches_whoever_had_them() { eventually 120 totals_are_of "$(published)"; }

an_image_that_does_not_start_is_taken_back() {
    derive_image broken 'ENTRYPOINT ["/bin/false"]'
    CONSUMER_IMAGE=$stack-broken deploy 4
    eventually 300 is_taken_back
    eventually 120 are_running "$consumers" 4
}

nfs_example_is_taken_with_both_volumes_of_its_server() {
    local nfs=$stack-nfs
    NFS_SERVER=192.0.2.1 PLACEMENT='node.labels.nowhere == true' stack=$nfs deploy 2 -c deploy/swarm/nfs.yml
    docker service inspect "${nfs}_data-consumer" "${nfs}_data-producer" >"$work/nfs.json"
    docker stack rm "$nfs"
    jq -e '[.[].Spec.TaskTemplate.ContainerSpec.Mounts[] | select(.Type == "volume") | .VolumeOptions.DriverConfig.Options] |
        length == 4 and all(.type == "nfs" and (.o | endswith(",addr=192.0.2.1")))' "$work/nfs.json"
}

nfs_example_without_a_server_is_refused_by_name() {
    local answer
    ! answer=$(stack=$stack-nfs deploy 2 -c deploy/swarm/nfs.yml 2>&1) || fail "taken: $answer"
    grep NFS_SERVER <<<"$answer" || fail "$answer"
}

main() {
    local why name
    command -v jq >/dev/null || skip_suite "jq is not installed"
    engine_client "$work/bin" || skip_suite "no Docker engine answers"
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    why=$(enter_swarm)
    [[ -z $why ]] || skip_suite "no swarm: $why"
    # shellcheck disable=SC2046
    [[ $# -gt 0 ]] || set -- $(tests_of "${BASH_SOURCE[0]}")
    for name in "$@"; do check "$name"; done
    [[ ! -e $work/came_to ]] || echo "swarm: $(cat "$work/came_to")"
    finish swarm
}

main "$@"
