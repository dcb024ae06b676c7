# GlusterFS: three bricks that have the same, each with a process of its own, and quorum: two of them have to agree.
# Sourced by tests/cluster/filesystem.sh, which says what each of these functions is for.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # $base and its like belong to the suite

glusterfs_batches=60

glusterfs_lacks() {
    lacks_program glusterd glusterfs-server
    lacks_program glusterfs glusterfs-client
}

# Its daemon has fixed places on the machine, in whose stead it gets directories of the suite's.
glusterfs_start() {
    local place
    for place in /run/gluster /var/log/glusterfs /var/lib/glusterd; do
        mkdir -p "$place" "$base/places$place"
        mount --bind "$base/places$place" "$place"
    done
    mkdir -p "$base"/brick-{1,2,3}
    spawn glusterd --no-daemon >"$base/glusterd.out" 2>&1
    eventually 30 gluster pool list
    gluster --mode=script volume create batches replica 3 "$network.1:$base"/brick-{1,2,3} force
    gluster --mode=script volume start batches
    eventually 30 glusterfs_has_its_bricks
}

glusterfs_brick() { pgrep -f "glusterfsd .*--brick-name $base/brick-$1 "; }
glusterfs_has_its_bricks() { glusterfs_brick 1 && glusterfs_brick 2 && glusterfs_brick 3; }

glusterfs_kill_server() { kill -KILL "$(glusterfs_brick 1)"; }
glusterfs_server_again() { gluster --mode=script volume start batches force; }

glusterfs_mount() {
    mkdir -p "$1"
    spawn glusterfs --no-daemon --volfile-server="$network.1" --volfile-id=batches "$1" >>"$base/mounts.out" 2>&1
    mounting=$spawned
    eventually 20 mountpoint -q "$1"
}

# The bricks drop a client's locks when its connection ends.
glusterfs_forget_client() { true; }
