#!/usr/bin/env bash
# The exercise on a real engine: its commands as a person types them, and what the two services promise beyond them.
# Volumes, containers and project have names of their own, so that a pipeline that runs beside is left alone.
# "check" calls the functions by their names.
# shellcheck disable=SC2317
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
. tests/lib.sh
# shellcheck source=tests/lib-engine.sh
. tests/lib-engine.sh

run_name=shared-data-test-$$
work=$(mktemp -d)
export COMPOSE_PROJECT_NAME=$run_name
export SHARED_DATA_VOLUME=$run_name-shared RESULTS_VOLUME=$run_name-results
export PRODUCER_INTERVAL=300ms
export DASHBOARD_PORT=$((20000 + $$ % 20000))
# A wide terminal, so that no table is wrapped in the middle of a name.
export COLUMNS=200
unset COMPOSE_FILE COMPOSE_PROFILES

# --- the engine and its two clients ------------------------------------------------------------

skip_suite() {
    rm -rf "$work"
    if [[ ${REQUIRE_DOCKER:-0} == 1 ]]; then
        echo "not ok engine_answers: $1"
        echo "engine: 0 passed, 1 failed"
        exit 1
    fi
    echo "engine: skipped: $1"
    exit 0
}

# The commands below are run by a shell of their own: "docker" and "docker-compose" are found first in "$work/bin".
choose_docker() {
    mkdir "$work/bin"
    engine_client "$work/bin" || skip_suite "no Docker engine answers"
}

choose_compose() {
    if ! command -v docker-compose >/dev/null; then
        docker compose version >/dev/null 2>&1 || skip_suite "neither docker-compose nor docker compose is installed"
        printf '#!/bin/sh\nexec docker compose "$@"\n' >"$work/bin/docker-compose"
        chmod +x "$work/bin/docker-compose"
    fi
}

containers_of_the_test() {
    docker ps -aq --filter "label=com.docker.compose.project=$run_name"
    docker ps -aq --filter "name=^/$run_name-"
}

remove_everything() {
    # In words of their own: each list may be empty.
    # shellcheck disable=SC2046
    docker rm -f $(containers_of_the_test) 2>/dev/null || true
    # shellcheck disable=SC2046
    docker network rm $(docker network ls -q --filter "label=com.docker.compose.project=$run_name") 2>/dev/null || true
    # shellcheck disable=SC2046
    docker volume rm -f $(docker volume ls -q --filter "name=^$run_name-") 2>/dev/null || true
} >/dev/null 2>&1

clean_up() {
    remove_everything
    rm -rf "$work"
}

# --- asking ------------------------------------------------------------------------------------

# As at a terminal: version 1 of docker-compose runs "exec" in no other way. Its output loses the carriage returns.
# Nobody types, which is a pipe without an end: at the end of its input, "script" types an end of file.
at_terminal() {
    local status=0
    [[ -p $work/keyboard ]] || mkfifo "$work/keyboard"
    script -qec "$1" /dev/null >"$work/answer" 2>&1 <>"$work/keyboard" || status=$?
    tr -d '\r' <"$work/answer"
    return "$status"
}

in_consumer() { docker-compose exec -T data-consumer "$@"; }
in_producer() { docker-compose exec -T data-producer "$@"; }

container_of() { docker-compose ps -q "$1"; }

# Whole lines of the log only: the last may still be on its way.
records() { in_consumer cat /shared-data/results/processed.log; }
record_count() { records | wc -l; }
has_records_beyond() { [[ $(record_count) -gt $1 ]]; }
has_result() { in_consumer test -s "/shared-data/results/$1"; }

health_of() { docker inspect --format '{{.State.Health.Status}}' "$(container_of "$1")"; }
is_healthy() { [[ $(health_of "$1") == healthy ]] || fail "$1 is $(health_of "$1")"; }

ended_cleanly() {
    local code
    code=$(docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$1")
    [[ $code == 'exited 0' ]] || fail "$1: $code"
}

ms_of() { echo $(($(date -d "$1" +%s%N) / 1000000)); }

# ended_within MS SINCE_MS CONTAINER: by the time the engine noted, which the client's own work does not add to.
ended_within() {
    local took
    took=$(($(ms_of "$(docker inspect --format '{{.State.FinishedAt}}' "$3")") - $2))
    [[ $took -lt $1 ]] || fail "$3 took $took ms to end"
}

# --- before it starts --------------------------------------------------------------------------

images_are_built_with_docker_compose() {
    docker-compose build data-producer data-consumer || fail "docker-compose build: $(docker-compose build 2>&1 | tail -n 3)"
    docker-compose --profile dashboard build data-dashboard
}

volumes_are_named_as_the_exercise_names_them() {
    local config
    : >"$work/empty.env"
    config=$(env -u SHARED_DATA_VOLUME -u RESULTS_VOLUME docker-compose --env-file "$work/empty.env" config)
    grep -qE '^ +name: lab02_shared_data$' <<<"$config" || fail "$config"
    grep -qE '^ +name: lab02_results$' <<<"$config" || fail "$config"
}

# --- step 1 ------------------------------------------------------------------------------------

both_services_start() {
    at_terminal 'docker-compose up -d data-producer data-consumer'
}

# Made at the same moment, both would fill the empty volume, and now and then one would fail over it.
containers_are_made_one_after_the_other() {
    docker-compose config | sed -n '/^  data-producer:/,/^  data-[^p]/p' | grep -A 3 '^    depends_on:' | grep data-consumer
    [[ $(ms_of "$(docker inspect --format '{{.Created}}' "$(container_of data-consumer)")") -lt \
        $(ms_of "$(docker inspect --format '{{.Created}}' "$(container_of data-producer)")") ]]
}

ps_shows_both_services_up() {
    local answer
    answer=$(at_terminal 'docker-compose ps')
    grep -E 'data-producer.* Up ' <<<"$answer" || fail "$answer"
    grep -E 'data-consumer.* Up ' <<<"$answer" || fail "$answer"
}

# --- step 2 ------------------------------------------------------------------------------------

shows_a_line() { at_terminal "$1" | grep -E "$2"; }

logs_show_that_the_producer_published_batches() {
    eventually 20 shows_a_line 'docker-compose logs data-producer' 'published batch=1 rows=[0-9]+ size=.* took='
}

logs_show_that_the_consumer_processed_them() {
    eventually 20 shows_a_line 'docker-compose logs data-consumer' 'processed batch=1 rows=[0-9]+ size=.* took='
}

# --- step 3 ------------------------------------------------------------------------------------

shared_volume_lists_data_and_metadata() {
    local answer
    answer=$(at_terminal 'docker-compose exec data-consumer ls -la /shared-data')
    grep -E ' data_1\.csv$' <<<"$answer" || fail "$answer"
    grep -E ' metadata_1\.json$' <<<"$answer" || fail "$answer"
    grep -E '^d.* results$' <<<"$answer" || fail "$answer"
}

data_file_is_csv_with_the_expected_header() {
    local answer
    answer=$(at_terminal 'docker-compose exec data-consumer cat /shared-data/data_1.csv')
    [[ $(head -n 1 <<<"$answer") == label,value,timestamp ]] || fail "$(head -n 1 <<<"$answer")"
    sed -n 2p <<<"$answer" | grep -E '^item_[0-9]+,[0-9.eE+-]+,[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$' || fail "$(sed -n 2p <<<"$answer")"
}

metadata_states_the_hash_of_the_data() {
    local answer stated actual
    answer=$(at_terminal 'docker-compose exec data-consumer cat /shared-data/metadata_1.json')
    stated=$(jq -r .hash <<<"$answer")
    actual=sha256:$(in_consumer sha256sum /shared-data/data_1.csv | cut -d ' ' -f 1)
    [[ $stated == "$actual" ]] || fail "stated $stated, is $actual"
}

results_hold_summary_chart_log_and_status() {
    local answer file
    eventually 20 has_result status.json
    answer=$(at_terminal 'docker-compose exec data-consumer ls -la /shared-data/results')
    for file in summary_1.json plot_1.png processed.log status.json; do
        grep " $file\$" <<<"$answer" || fail "no $file in: $answer"
    done
}

summary_counts_the_rows_of_the_data() {
    local rows
    rows=$(($(in_consumer cat /shared-data/data_1.csv | wc -l) - 1))
    in_consumer cat /shared-data/results/summary_1.json | jq -e --argjson rows "$rows" '.record_count == $rows'
}

chart_is_a_png() {
    [[ $(in_consumer head -c 8 /shared-data/results/plot_1.png | od -An -tx1) == ' 89 50 4e 47 0d 0a 1a 0a' ]]
}

first_record_says_processed_with_its_chart() {
    records | sed -n 1p | jq -e '.key == "1" and .outcome == "processed" and .plot == "ok"'
}

# --- step 4 ------------------------------------------------------------------------------------

# read_only COMMAND: it fails, for this reason and no other.
read_only() {
    local answer status=0
    answer=$(at_terminal "$1") || status=$?
    [[ $status -ne 0 ]] || fail "it could write"
    grep 'Read-only file system' <<<"$answer" || fail "$answer"
}

consumer_cannot_write_to_the_shared_volume() {
    read_only 'docker-compose exec data-consumer touch /shared-data/test_file.txt'
}

producer_cannot_write_to_the_results() {
    read_only 'docker-compose exec data-producer touch /shared-data/results/test_file.txt'
}

# --- how the containers are confined -----------------------------------------------------------

root_file_systems_are_read_only() {
    read_only 'docker-compose exec data-consumer touch /usr/test_file.txt'
    read_only 'docker-compose exec data-producer touch /usr/test_file.txt'
}

temporary_files_can_be_written_and_not_executed() {
    local options
    for options in "$(in_consumer grep ' /tmp ' /proc/mounts)" "$(in_producer grep ' /tmp ' /proc/mounts)"; do
        [[ $options == tmpfs*rw,*nosuid,nodev,noexec* ]] || fail "$options"
    done
    in_consumer touch /tmp/test_file.txt
}

daemons_run_as_user_10001() {
    local service
    for service in data-producer data-consumer; do
        docker top "$(container_of "$service")" -eo pid,uid,gid,args >"$work/top"
        grep -E "^ *[0-9]+ +10001 +10001 .*$service" "$work/top" || fail "$(cat "$work/top")"
        awk 'NR > 1 && $2 != 10001 { exit 1 }' "$work/top" || fail "$(cat "$work/top")"
    done
}

daemons_have_no_capabilities_and_can_gain_none() {
    local status
    for status in "$(in_consumer cat /proc/1/status)" "$(in_producer cat /proc/1/status)"; do
        grep -E '^CapBnd:\s+0+$' <<<"$status" || fail "$status"
        grep -E '^NoNewPrivs:\s+1$' <<<"$status" || fail "$status"
    done
}

containers_have_no_network() {
    local routes
    for routes in "$(in_consumer tail -n +2 /proc/net/route)" "$(in_producer tail -n +2 /proc/net/route)"; do
        [[ -z $routes ]] || fail "$routes"
    done
    [[ $(in_consumer ls /sys/class/net) == *lo* ]]
    [[ $(in_consumer ls /sys/class/net) != *eth* ]]
}

producer_image_is_without_gnuplot() {
    ! in_producer sh -c 'command -v gnuplot' || fail "gnuplot is there"
    in_consumer sh -c 'command -v gnuplot'
}

both_services_become_healthy() {
    eventually 40 is_healthy data-producer
    eventually 40 is_healthy data-consumer
}

# --- stopping and starting again ---------------------------------------------------------------

no_batch_is_processed_twice_over_a_restart() {
    local before twice
    before=$(record_count)
    docker-compose restart data-consumer
    eventually 20 has_records_beyond "$((before + 3))"
    twice=$(records | jq -rR 'fromjson? | .key' | sort | uniq -d)
    [[ -z $twice ]] || fail "more than one record: $twice"
}

# --- step 5 ------------------------------------------------------------------------------------

stop_ends_both_within_a_second_each() {
    local ids id since
    ids=$(container_of data-producer && container_of data-consumer)
    since=$(($(date +%s%N) / 1000000))
    at_terminal 'docker-compose stop data-producer data-consumer'
    for id in $ids; do
        ended_cleanly "$id"
        # The client's start comes before, and version 1 stops one service after the other.
        ended_within 4000 "$since" "$id"
    done
}

rm_removes_both_containers() {
    at_terminal 'docker-compose rm -f data-producer data-consumer'
    [[ -z $(containers_of_the_test) ]] || fail "$(docker ps -a)"
}

# The exercise's last line removes lab02_shared_data; here the same with the test's own volume.
volumes_outlive_the_containers_until_they_are_removed() {
    docker volume inspect "$SHARED_DATA_VOLUME" "$RESULTS_VOLUME"
    docker volume rm "$SHARED_DATA_VOLUME" "$RESULTS_VOLUME"
}

# --- in the other order, on empty volumes --------------------------------------------------------

consumer_starts_first_on_empty_volumes_and_waits() {
    docker-compose up -d data-consumer
    eventually 20 has_result status.json
    [[ -z $(records) ]] || fail "$(records)"
    [[ $(docker inspect --format '{{.State.Running}} {{.RestartCount}}' "$(container_of data-consumer)") == 'true 0' ]]
}

consumer_that_waited_processes_the_first_batch() {
    docker-compose up -d data-producer
    eventually 20 has_result summary_1.json
    eventually 20 has_records_beyond 0
}

services_with_other_settings_take_them_from_the_environment() {
    PRODUCER_ROWS=7 PRODUCER_SEED=42 docker-compose up -d data-producer
    eventually 20 shows_a_line 'docker-compose logs data-producer' 'published batch=.* rows=7 '
    eventually 20 shows_a_line 'docker-compose logs data-producer' 'seed=42 '
}

# --- the dashboard -----------------------------------------------------------------------------

dashboard_container() {
    docker ps -aq --filter "label=com.docker.compose.project=$run_name" --filter label=com.docker.compose.service=data-dashboard
}

in_dashboard() { docker-compose --profile dashboard exec -T data-dashboard "$@"; }

# ask PATH: the answer to a browser on this machine, head and body.
ask() {
    local server
    exec {server}<>"/dev/tcp/127.0.0.1/$DASHBOARD_PORT"
    printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" >&"$server"
    timeout 10 cat <&"$server" | tr -d '\r\0'
    exec {server}>&-
}

# answers STATUS PATH...
answers() {
    local status=$1 path line
    shift
    for path in "$@"; do
        read -r line < <(ask "$path")
        [[ $line == "HTTP/1.1 $status "* ]] || fail "$path: $line"
    done
}

up_without_its_profile_starts_no_dashboard() {
    docker-compose up -d
    [[ -z $(dashboard_container) ]] || fail "$(docker ps)"
}

dashboard_starts_with_its_profile_alone() {
    docker-compose --profile dashboard up -d data-dashboard
    eventually 20 answers 204 /health
    eventually 40 dashboard_is_healthy
}

dashboard_is_healthy() { [[ $(docker inspect --format '{{.State.Health.Status}}' "$(dashboard_container)") == healthy ]]; }

dashboard_serves_the_page_and_what_it_links_to() {
    eventually 20 answers 200 / /index.html /status.json /processed.log /summary_1.json /plot_1.png
    ask / | grep -qF '<title>' || fail "$(ask / | head -n 20)"
}

dashboard_serves_nothing_that_is_not_named() {
    in_consumer ls -a /shared-data/results | grep -Fx .consumer.lock
    answers 404 /.consumer.lock /processed.checkpoint /page-0.html /results/ /nothing
    answers 400 /../../etc/passwd
}

dashboard_tells_browsers_what_they_may_not_do() {
    local head
    head=$(ask / | sed -n '1,/^\r*$/p')
    grep -E "^Content-Security-Policy: .*frame-ancestors 'none'" <<<"$head" || fail "$head"
    grep -Fx 'X-Content-Type-Options: nosniff' <<<"$head" || fail "$head"
    grep -Fx 'Cache-Control: no-cache' <<<"$head" || fail "$head"
    ask /status.json | grep -E "^Content-Security-Policy: default-src 'none'; .*sandbox"
}

dashboard_can_be_asked_on_this_machine_alone() {
    local bound
    bound=$(docker inspect --format '{{json .HostConfig.PortBindings}}' "$(dashboard_container)")
    jq -e --arg port "$DASHBOARD_PORT" '. == {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": $port}]}' <<<"$bound" || fail "$bound"
}

dashboard_can_write_to_nothing_but_its_own_memory() {
    read_only 'docker-compose --profile dashboard exec data-dashboard touch /shared-data/results/test_file.txt'
    read_only 'docker-compose --profile dashboard exec data-dashboard touch /etc/test_file.txt'
    in_dashboard touch /tmp/test_file.txt
}

dashboard_runs_as_user_10001_without_capabilities() {
    local status
    docker top "$(dashboard_container)" -eo pid,uid,gid,args >"$work/top"
    grep -E "^ *[0-9]+ +10001 +10001 .*nginx" "$work/top" || fail "$(cat "$work/top")"
    awk 'NR > 1 && $2 != 10001 { exit 1 }' "$work/top" || fail "$(cat "$work/top")"
    status=$(in_dashboard cat /proc/1/status)
    grep -E '^CapBnd:\s+0+$' <<<"$status" || fail "$status"
    grep -E '^NoNewPrivs:\s+1$' <<<"$status" || fail "$status"
}

# --- alone as process 1 ------------------------------------------------------------------------

has_logged() { [[ -n $(docker logs "$1" 2>&1) ]]; }

# ends_as_process_1 SERVICE: without an init process, whose work the daemon then does itself.
ends_as_process_1() {
    local service=$1 container=$run_name-$1-alone since
    docker run -d --name "$container" --init=false --read-only --cap-drop ALL --network none --tmpfs /tmp \
        --volume "$run_name-alone-$service:/shared-data" "shared-$service"
    eventually 10 has_logged "$container"
    [[ $(docker exec "$container" cat /proc/1/comm) == "$service" ]]
    since=$(($(date +%s%N) / 1000000))
    docker kill --signal TERM "$container"
    [[ $(timeout 10 docker wait "$container") == 0 ]] || fail "$(docker logs "$container" 2>&1 | tail -n 2)"
    ended_cleanly "$container"
    ended_within 1000 "$since" "$container"
}

producer_as_process_1_ends_within_a_second_of_sigterm() { ends_as_process_1 data-producer; }
consumer_as_process_1_ends_within_a_second_of_sigterm() { ends_as_process_1 data-consumer; }

# --- afterwards --------------------------------------------------------------------------------

nothing_of_the_test_is_left() {
    remove_everything
    [[ -z $(containers_of_the_test) ]]
    [[ -z $(docker network ls -q --filter "label=com.docker.compose.project=$run_name") ]]
    [[ -z $(docker volume ls -q --filter "name=^$run_name-") ]]
}

main() {
    export PATH=$work/bin:$PATH
    choose_docker
    choose_compose
    # Also where the run is cut short: what a test leaves behind must not hurt the next.
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    docker image inspect "${BASE_IMAGE:-debian:trixie-slim}" >/dev/null 2>&1 || scripts/base-image.sh

    check images_are_built_with_docker_compose
    check volumes_are_named_as_the_exercise_names_them
    check both_services_start
    check containers_are_made_one_after_the_other
    check ps_shows_both_services_up
    check logs_show_that_the_producer_published_batches
    check logs_show_that_the_consumer_processed_them
    check shared_volume_lists_data_and_metadata
    check data_file_is_csv_with_the_expected_header
    check metadata_states_the_hash_of_the_data
    check results_hold_summary_chart_log_and_status
    check summary_counts_the_rows_of_the_data
    check chart_is_a_png
    check first_record_says_processed_with_its_chart
    check consumer_cannot_write_to_the_shared_volume
    check producer_cannot_write_to_the_results
    check root_file_systems_are_read_only
    check temporary_files_can_be_written_and_not_executed
    check daemons_run_as_user_10001
    check daemons_have_no_capabilities_and_can_gain_none
    check containers_have_no_network
    check producer_image_is_without_gnuplot
    check both_services_become_healthy
    check no_batch_is_processed_twice_over_a_restart
    check stop_ends_both_within_a_second_each
    check rm_removes_both_containers
    check volumes_outlive_the_containers_until_they_are_removed
    check consumer_starts_first_on_empty_volumes_and_waits
    check consumer_that_waited_processes_the_first_batch
    check services_with_other_settings_take_them_from_the_environment
    check up_without_its_profile_starts_no_dashboard
    check dashboard_starts_with_its_profile_alone
    check dashboard_serves_the_page_and_what_it_links_to
    check dashboard_serves_nothing_that_is_not_named
    check dashboard_tells_browsers_what_they_may_not_do
    check dashboard_can_be_asked_on_this_machine_alone
    check dashboard_can_write_to_nothing_but_its_own_memory
    check dashboard_runs_as_user_10001_without_capabilities
    check producer_as_process_1_ends_within_a_second_of_sigterm
    check consumer_as_process_1_ends_within_a_second_of_sigterm
    check nothing_of_the_test_is_left
    finish engine
}

main "$@"
