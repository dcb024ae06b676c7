#!/usr/bin/env bash
# The Debian packages: what is in them, whether two builds are the same, and their life on a machine made new, which is
# booted: installed by the README's words, at work, upgraded, removed, purged. Takes root, minutes and a mirror.
#   MACHINE=DIRECTORY tests/deb/packages.sh    a copy of this root, with systemd in it, instead of a machine made new
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=scripts/base-image.sh
source scripts/base-image.sh

build=$(mkdir -p "${BUILD:-build}" && cd "${BUILD:-build}" && pwd)
export BUILD=$build
packages=$build/deb
# Not /tmp, which is often in memory, and mounted without the devices that debootstrap makes.
work=$(mktemp -d /var/tmp/shared-data-deb.XXXXXX)
root=$work/root
shared=/var/lib/shared-data
results=$shared/results
later=0.1.0+later
machine_pid=
leader=

# A figure as low as the units are; systemd-analyze counts in tenths.
exposure_of() { case $1 in shared-data-producer) echo 2 ;; shared-data-consumer) echo 3 ;; esac }

# --- the packages ------------------------------------------------------------------------------

packages_of_both_daemons_are_built() {
    scripts/deb.sh
    [[ $(find "$packages" -maxdepth 1 -name '*.deb' | wc -l) -eq 2 ]]
}

the_tree_stays_as_it_was() {
    local stray
    stray=$(find . -path "./$(realpath --relative-to . "$build")" -prune -o -path ./.git -prune -o \( -name '*.deb' -o -name '*.substvars' -o -name debhelper-build-stamp \) -print)
    [[ -z $stray ]] || fail "$stray"
}

lintian_finds_nothing_in_them() {
    command -v lintian >/dev/null || skip "lintian is not installed"
    lintian --fail-on error,warning --suppress-tags bad-distribution-in-changes-file "$build"/deb-work/*.changes
}

the_version_is_that_of_the_daemons() {
    [[ "data-producer $(dpkg-parsechangelog -S Version)" == "$("$build/deb-work/shared-data/build/data-producer" --version)" ]]
}

# Elsewhere, under a longer name, and an hour later.
two_builds_are_the_same_to_the_byte() {
    local package
    WORK=$work/another/directory OUT=$work/again scripts/deb.sh
    for package in "$packages"/*.deb "$packages"/debug/*.deb; do
        cmp "$package" "$work/again${package#"$packages"}"
    done
}

each_unit_is_exposed_as_little_as_it_can_be() {
    local unit limit
    for unit in shared-data-producer shared-data-consumer; do
        limit=$(exposure_of "$unit")
        systemd-analyze security --offline=yes --threshold="$limit" "debian/$unit.service" >"$work/security" 2>&1 ||
            fail "$unit: $(tail -n 1 "$work/security")"
        # A protection less is one too many.
        mkdir -p "$work/weaker"
        grep -v '^ProtectSystem=' "debian/$unit.service" >"$work/weaker/$unit.service"
        if systemd-analyze security --offline=yes --threshold="$limit" "$work/weaker/$unit.service" >/dev/null 2>&1; then
            fail "$unit: no line is missed"
        fi
    done
}

# --- the machine -------------------------------------------------------------------------------

# Why there can be none; nothing when there can.
no_machine() {
    [[ $(id -u) -eq 0 ]] || echo "it takes root"
    command -v debootstrap >/dev/null || echo "debootstrap is not installed"
    command -v systemd-nspawn >/dev/null || echo "systemd-nspawn is not installed, package systemd-container"
}

# Of this machine's own release, for which the packages were built.
make_root() {
    local mirror='' trusted=0 release
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
    read -r mirror trusted < <(host_source) || true
    # shellcheck disable=SC2034 # bootstrap says it
    image="a machine of $release"
    bootstrap "$root" "$release" "$mirror" "${trusted:-0}"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    chroot "$root" apt-get -qq update
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        systemd systemd-sysv procps >"$work/systemd.log" 2>&1
}

on_machine() { nsenter --all --target "$leader" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"; }

# nspawn's own filter knows nothing of Landlock, which the consumer jails itself with.
boot() {
    systemd-nspawn --quiet --boot --register=no --keep-unit --link-journal=no --resolv-conf=off \
        --machine="deb-$$" --directory="$root" \
        --system-call-filter='landlock_create_ruleset landlock_add_rule landlock_restrict_self' \
        >"$work/console" 2>&1 </dev/null &
    machine_pid=$!
    echo "$machine_pid" >"$work/machine"
}

is_up() {
    leader=$(pgrep -P "$(cat "$work/machine")" | head -n 1)
    [[ -n $leader ]] && on_machine systemctl is-system-running --quiet
}

end_machine() {
    [[ -n $machine_pid ]] || return 0
    # SIGTERM is the word to power off.
    kill -TERM "$machine_pid" 2>/dev/null || true
    for _ in {1..150}; do
        kill -0 "$machine_pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$machine_pid" 2>/dev/null || true
}

clean_up() {
    end_machine
    rm -rf --one-file-system "$work"
}

a_machine_made_new_boots() {
    if [[ -n ${MACHINE:-} ]]; then cp -a "$MACHINE" "$root"; else make_root; fi
    boot
    eventually 60 is_up
}

# --- the life of the packages ------------------------------------------------------------------

property() { on_machine systemctl show --value --property "$2" "$1"; }
journal_of() { on_machine journalctl --quiet --no-pager --output cat --unit "$@"; }
unit_is() {
    local state
    state=$(property "$1" ActiveState)
    [[ $state == "$2" ]] || fail "$1 is $state: $(journal_of "$1" --lines 3)"
}
has_file() { on_machine test -s "$1"; }
record_count() { on_machine grep -c . "$results/processed.log"; }
has_records_beyond() { [[ $(record_count) -gt $1 ]]; }

# The README's words, with what a shell would have put for the stars.
install_packages() {
    mkdir -p "$root/root/deb"
    rm -f "$root"/root/deb/*
    cp "$1"/*.deb "$root/root/deb/"
    on_machine sh -c 'cd /root/deb && apt-get -q update && apt-get install -y -q --no-install-recommends ./*.deb' >"$work/install" 2>&1 ||
        fail "$(tail -n 3 "$work/install")"
}

# With the download of gnuplot and its libraries.
it_takes_less_than_a_minute_from_apt_install_to_the_first_chart() {
    local started=$EPOCHSECONDS
    install_packages "$packages"
    eventually 60 has_file "$results/plot_1.png"
    echo "$((EPOCHSECONDS - started))" >"$work/seconds"
    [[ $(cat "$work/seconds") -lt 60 ]] || fail "it took $(cat "$work/seconds") s"
}

both_run_and_say_that_they_are_well() {
    unit_is shared-data-producer active
    unit_is shared-data-consumer active
    eventually 20 on_machine data-producer --health
    eventually 20 on_machine data-consumer --health
}

every_batch_has_a_chart_and_the_jail_is_whole() {
    eventually 30 has_records_beyond 2
    on_machine cat "$results/processed.log" >"$work/log"
    if grep -v '"outcome":"processed".*"plot":"ok"' "$work/log"; then fail "that is not processed with a chart"; fi
    journal_of shared-data-consumer | grep -q '^jailed landlock=[1-9][0-9]* seccomp=yes$'
}

the_journal_knows_the_level_of_each_line() {
    on_machine journalctl --quiet --no-pager --output json --unit shared-data-producer _COMM=data-producer >"$work/journal"
    grep -q '"MESSAGE":"published batch=1 ' "$work/journal"
    if grep -v '"PRIORITY":"6"' "$work/journal"; then fail "more than information"; fi
}

# Inside the unit's own view of the files, and with all rights, which no daemon has.
cannot_write() {
    local pid output
    pid=$(property "$1" MainPID)
    output=$(on_machine nsenter --mount --target "$pid" touch "$2" 2>&1) && fail "$1 could write $2"
    [[ $output == *'Read-only file system'* ]] || fail "$output"
}

can_write() { on_machine nsenter --mount --target "$(property "$1" MainPID)" sh -c "touch $2 && rm $2"; }

each_service_can_write_its_own_directory_and_nothing_else() {
    can_write shared-data-producer "$shared/.probe.tmp"
    cannot_write shared-data-producer "$results/.probe.tmp"
    can_write shared-data-consumer "$results/.probe.tmp"
    cannot_write shared-data-consumer "$shared/.probe.tmp"
    cannot_write shared-data-consumer /var/probe
    cannot_write shared-data-producer /usr/probe
    cannot_write shared-data-producer /etc/probe
}

# The same without the unit: by owner and mode alone.
as_user() { on_machine setpriv --reuid "$1" --regid _shared-data --init-groups --no-new-privs "${@:2}"; }
denied() { if "$@" 2>"$work/denied"; then fail "allowed: $*"; else grep -qE 'Permission denied|not permitted' "$work/denied"; fi; }

each_user_can_read_both_and_write_its_own() {
    as_user _data-producer cat "$results/processed.log" >/dev/null
    as_user _data-consumer cat "$shared/data_1.csv" >/dev/null
    denied as_user _data-consumer touch "$shared/.probe.tmp"
    denied as_user _data-producer touch "$results/.probe.tmp"
    denied as_user _data-producer mv "$results" "$shared/taken"
    denied on_machine setpriv --reuid nobody --regid nogroup --clear-groups cat "$shared/data_1.csv"
}

a_killed_daemon_is_back_and_a_wrong_setting_is_not_tried_again() {
    on_machine systemctl kill --signal KILL --kill-whom main shared-data-producer
    eventually 20 unit_is shared-data-producer active
    [[ $(property shared-data-producer NRestarts) -eq 1 ]]
    on_machine sh -c 'echo PRODUCER_BURST=none >>/etc/default/shared-data-producer; systemctl restart shared-data-producer' || true
    eventually 20 unit_is shared-data-producer failed
    sleep 4 # longer than RestartSec
    unit_is shared-data-producer failed
    [[ $(property shared-data-producer ExecMainStatus) -eq 78 && $(property shared-data-producer NRestarts) -eq 0 ]]
    journal_of shared-data-producer | grep -qF "data-producer: PRODUCER_BURST 'none'"
    on_machine sh -c 'sed -i s/^PRODUCER_BURST=.*/PRODUCER_INTERVAL=500ms/ /etc/default/shared-data-producer; systemctl reset-failed; systemctl start shared-data-producer'
    unit_is shared-data-producer active
}

an_upgrade_keeps_settings_and_loses_nothing() {
    local before version
    VERSION=$later OUT=$work/later scripts/deb.sh
    before=$(record_count)
    install_packages "$work/later"
    for version in shared-data-producer shared-data-consumer; do
        # shellcheck disable=SC2016
        [[ $(on_machine dpkg-query -W -f '${Version}' "$version") == "$later" ]]
        unit_is "$version" active
    done
    on_machine grep -qx PRODUCER_INTERVAL=500ms /etc/default/shared-data-producer
    eventually 30 has_records_beyond $((before + 5))
    on_machine cat "$results/processed.log" >"$work/log"
    [[ $(grep -oE '"key":"[0-9]+"' "$work/log" | sort -u | wc -l) -eq $(wc -l <"$work/log") ]] || fail "a batch was processed twice"
    [[ $(grep -oE '"key":"[0-9]+"' "$work/log" | tr -cd '0-9\n' | sort -n | awk '$1 != NR' | wc -l) -eq 0 ]] || fail "a batch was lost"
}

a_removal_ends_both_and_keeps_data_and_settings() {
    on_machine apt-get -q remove -y shared-data-producer shared-data-consumer >"$work/remove" 2>&1
    on_machine test ! -e /usr/bin/data-producer -a ! -e /usr/bin/data-consumer
    [[ -z $(on_machine pgrep -x data-producer || true) && -z $(on_machine pgrep -x data-consumer || true) ]]
    has_file "$results/plot_1.png"
    has_file "$shared/data_1.csv"
    on_machine grep -qx PRODUCER_INTERVAL=500ms /etc/default/shared-data-producer
}

a_purge_of_one_leaves_what_the_other_wrote() {
    on_machine apt-get -q purge -y shared-data-producer >"$work/purge" 2>&1
    on_machine test ! -e "$shared/data_1.csv" -a ! -e "$shared/.producer.lock"
    has_file "$results/plot_1.png"
}

# As results that other machines share.
a_purge_spares_what_is_mounted() {
    on_machine mkdir -p /mnt/elsewhere
    on_machine sh -c 'echo {} >/mnt/elsewhere/summary_1.json'
    on_machine mount --bind /mnt/elsewhere "$results" 2>"$work/said" || fail "cannot mount: $(cat "$work/said")"
    on_machine env DPKG_MAINTSCRIPT_PACKAGE=shared-data-consumer DPKG_MAINTSCRIPT_NAME=postrm \
        sh /var/lib/dpkg/info/shared-data-consumer.postrm purge >"$work/said" 2>&1 || fail "postrm: $(tail -n 3 "$work/said")"
    has_file /mnt/elsewhere/summary_1.json || fail "it is gone"
    on_machine umount "$results" 2>"$work/said" || fail "cannot unmount: $(cat "$work/said")"
    has_file "$results/plot_1.png" || fail "what lies below it is gone"
}

a_purge_of_both_leaves_only_the_users() {
    local left
    on_machine apt-get -q purge -y shared-data-consumer >"$work/purge" 2>&1
    left=$(on_machine find /etc /usr /var /run -xdev \( -name '*shared-data*' -o -name '*data-producer*' -o -name '*data-consumer*' \) \
        ! -path '/var/log/*' ! -path '/var/lib/systemd/catalog/*')
    [[ -z $left ]] || fail "$left"
    on_machine getent passwd _data-producer _data-consumer >/dev/null
}

run_all() {
    local name why
    why=$(no_machine | head -n 1)
    for name in $(tests_of "${BASH_SOURCE[0]}"); do
        if [[ $name == a_machine_made_new_boots && -n $why ]]; then
            echo "machine: skipped: $why"
            break
        fi
        check "$name"
        # It is started inside a check, which is a process of its own.
        [[ ! -s $work/machine ]] || machine_pid=$(cat "$work/machine") leader=$(pgrep -P "$(cat "$work/machine")" | head -n 1)
    done
    [[ ! -s $work/seconds ]] || echo "$(cat "$work/seconds") s from apt install to the first chart"
}

if ! command -v dpkg-buildpackage >/dev/null || ! command -v dh >/dev/null; then
    echo "deb: skipped: debhelper is not installed"
    rm -rf "$work"
    exit 0
fi
trap clean_up EXIT
trap 'exit 143' TERM INT
run_all
finish deb
