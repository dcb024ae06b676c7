# MooseFS: a master and three chunk servers, each at an address of its own, and two copies of everything. Sourced by
# tests/cluster/filesystem.sh, which says what each of these functions is for.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # $base and its like belong to the suite

moosefs_batches=200

moosefs_lacks() {
    lacks_program mfsmaster moosefs-master
    lacks_program mfschunkserver moosefs-chunkserver
    lacks_program mfsmount moosefs-client
    lacks_program mfscli moosefs-cli
}

moosefs_start() {
    local server
    mkdir -p "$base/master"
    echo -n 'MFSM NEW' >"$base/master/metadata.mfs" # as the package has it for a file system that is empty
    echo "$network.0/24 / rw,alldirs,maproot=0:0" >"$base/exports.cfg"
    : >"$base/topology.cfg"
    cat >"$base/master.cfg" <<END
WORKING_USER = root
WORKING_GROUP = root
DATA_PATH = $base/master
EXPORTS_FILENAME = $base/exports.cfg
TOPOLOGY_FILENAME = $base/topology.cfg
MATOML_LISTEN_HOST = $network.1
MATOCS_LISTEN_HOST = $network.1
MATOCL_LISTEN_HOST = $network.1
REPLICATIONS_DELAY_INIT = 1
END
    spawn mfsmaster -f -c "$base/master.cfg" start >"$base/master.out" 2>&1
    for server in 2 3 4; do moosefs_start_server "$server"; done
    eventually 30 moosefs_has_its_servers
    moosefs_mount "$base/whole"
    mfssetgoal 2 "$base/whole"
}

# What is written is flushed before a chunk is closed; without that, fsync(2) says that the servers have it in memory.
moosefs_start_server() {
    local files=$base/chunk-server-$1
    mkdir -p "$files/chunks" "$files/data"
    echo "$files/chunks" >"$files/hdd.cfg"
    cat >"$files/server.cfg" <<END
WORKING_USER = root
WORKING_GROUP = root
DATA_PATH = $files/data
HDD_CONF_FILENAME = $files/hdd.cfg
HDD_FSYNC_BEFORE_CLOSE = 1
BIND_HOST = $network.$1
CSSERV_LISTEN_HOST = $network.$1
MASTER_HOST = $network.1
MASTER_RECONNECTION_DELAY = 1
END
    spawn mfschunkserver -f -c "$files/server.cfg" start >>"$files/out" 2>&1
    echo "$spawned" >"$files/pid"
}

moosefs_has_its_servers() { [[ $(grep -c 'register end' "$base/master.out") -ge 3 ]]; }

moosefs_kill_server() { kill -KILL "$(cat "$base/chunk-server-2/pid")"; }
moosefs_server_again() { moosefs_start_server 2; }

moosefs_mount() {
    mkdir -p "$1"
    spawn mfsmount "$1" -H "$network.1" -f >>"$base/mounts.out" 2>&1
    mounting=$spawned
    eventually 20 mountpoint -q "$1"
}

# The master keeps the locks of a client that is out of sight for a day (SESSION_SUSTAIN_TIME), should it come back.
moosefs_forget_client() {
    local session
    eventually 10 moosefs_misses "$1"
    session=$(mfscli -H "$network.1" -p -s, -SMS | sed -n "s|^inactive[^:]*:,\([0-9]*\),[^,]*,$1,.*|\1|p")
    mfscli -H "$network.1" -p "-CRS/$session"
}
moosefs_misses() { mfscli -H "$network.1" -p -s, -SMS | grep "^inactive.*,$1,"; }
