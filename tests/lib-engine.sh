# What the suites share that need a Docker engine. Source it behind tests/lib.sh.
# shellcheck shell=bash

# engine_client DIRECTORY: makes DIRECTORY/docker the first client in the path that an engine answers. Fails where none does.
engine_client() {
    local docker
    while read -r docker; do
        if timeout 20 "$docker" version >/dev/null 2>&1; then
            ln -s "$docker" "$1/docker"
            return
        fi
    done < <(type -ap docker)
    return 1
}
