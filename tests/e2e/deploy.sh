#!/usr/bin/env bash
# deploy/kubernetes/ against the schemas of the Kubernetes API, and against what its own words promise. What kustomize makes
# of it is seen where kubectl or kustomize is; the files by themselves always. "make test-cluster" runs the Swarm stack.
# shellcheck disable=SC2016,SC2317 # jq has variables of its own; check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-npm.sh
source tests/lib-npm.sh

BUILD=$(realpath "${BUILD:-build}")
export NODE_PACKAGES=$BUILD/kubernetes-packages
work=$(mktemp -d)
said=$work/said
trap 'rm -rf "$work"' EXIT

# ---- helpers ------------------------------------------------------------------------------------

without_schemas=$(install_packages kubernetes kubernetes-models)
needs_schemas() { [[ -z $without_schemas ]] || skip "$without_schemas"; }

kubernetes=deploy/kubernetes

# render DIRECTORY: what is applied, as YAML in $rendered.
render() {
    rendered=$work/${1//\//-}.yaml
    [[ ! -s $rendered ]] || return 0
    if command -v kubectl >/dev/null; then
        kubectl kustomize "$kubernetes/$1" >"$rendered"
    elif command -v kustomize >/dev/null; then
        kustomize build "$kubernetes/$1" >"$rendered"
    else
        skip "neither kubectl nor kustomize is installed"
    fi
}
manifests() { find deploy/kubernetes -name '*.yaml' ! -name kustomization.yaml ! -path '*/shards/*' | sort; }

# objects FILE...: each object as JSON, one a line.
objects() { node tests/kubernetes/check.mjs --json "$@"; }
# holds FILTER FILE...: of all objects in them.
holds() { objects "${@:2}" | jq -es "$1" >/dev/null || fail "not $1"; }

accepts() { node tests/kubernetes/check.mjs "$@" >"$said" 2>&1 || fail "$(head -n 5 "$said")"; }
# refuses_with SED WORDS: the daemons' manifests with that change.
refuses_with() {
    local file
    for file in "${daemons[@]}"; do sed "$1" "$file" >"$work/${file##*/}"; done
    ! cmp -s <(cat "${daemons[@]}") <(cat "$work"/{producer,consumer}.yaml) || fail "'$1' changes nothing"
    ! node tests/kubernetes/check.mjs "$work"/{producer,consumer}.yaml >"$said" 2>&1 || fail "takes '$1'"
    grep -qF -- "$2" "$said" || fail "'$1': not '$2' but: $(head -n 3 "$said")"
}
daemons=(deploy/kubernetes/base/{producer,consumer}.yaml)
pods='map(select(.spec.template)) | map(.spec.template.spec)'

# ---- settings -----------------------------------------------------------------------------------

# Directories are mounted; a stream, --once and --profile are commands of their own; the shard is the task's slot.
not_handed_on=(SHARED_DIR RESULTS_DIR PRODUCER_FROM CONSUMER_ONCE CONSUMER_OUTPUT CONSUMER_SHARD)

settings_of() { "$BUILD/$1" --help | sed -nE 's/^  --.*\[([A-Z_]+)\].*/\1/p'; }

every_setting_is_handed_on_to_the_containers() {
    local daemon setting file count=0
    for daemon in data-producer data-consumer; do
        while read -r setting; do
            [[ " ${not_handed_on[*]} " != *" $setting "* ]] || continue
            count=$((count + 1))
            for file in docker-compose.yml deploy/swarm/stack.yml; do
                grep -qE "^ +$setting:" "$file" || fail "$file lacks $setting of $daemon"
            done
        done < <(settings_of "$daemon")
    done
    [[ $count -gt 30 ]] || fail "only $count settings"
}

# ---- the schemas --------------------------------------------------------------------------------

each_manifest_is_what_the_api_describes() {
    needs_schemas
    # shellcheck disable=SC2046
    accepts $(manifests)
}

what_kustomize_makes_of_each_directory_is_too() {
    needs_schemas
    local directory
    for directory in base overlays/nfs overlays/six-shards; do
        render "$directory"
        accepts "$rendered"
    done
}

the_overlay_that_the_document_shows_works_as_it_stands() {
    needs_schemas
    kubernetes=$work/copy
    cp -r deploy/kubernetes "$kubernetes"
    mkdir "$kubernetes/overlays/shown"
    sed -n '/^```yaml/,/^```$/p' docs/deploy.md | sed '1d;$d' >"$kubernetes/overlays/shown/kustomization.yaml"
    render overlays/shown
    accepts "$rendered"
    holds '(map(select(.kind == "PersistentVolumeClaim")) | length == 2 and all(.spec.storageClassName == "cephfs")) and
        ([.[] | select(.spec.template).spec.template.spec.containers[].image] | sort ==
            ["registry.example.org/shared-data-consumer:1", "registry.example.org/shared-data-producer:1"])' "$rendered"
}

a_wrong_type_word_kind_or_name_of_a_field_is_refused() {
    needs_schemas
    refuses_with 's/^  replicas: 4/  replicas: four/' 'StatefulSet data-consumer: data/spec/replicas must be integer'
    refuses_with 's/Parallel/Paralel/' 'data/spec/podManagementPolicy must be equal to one of'
    refuses_with 's/readOnlyRootFilesystem/readOnlyRootFileSystem/' '/securityContext/readOnlyRootFileSystem: the API knows no such field'
    refuses_with 's/^spec:/spek:/' 'Deployment data-producer: /spek: the API knows no such field'
    refuses_with 's/kind: StatefulSet/kind: StatefullSet/' 'no such kind in apps/v1'
}

# ---- what is promised ---------------------------------------------------------------------------

shards_are_as_many_as_replicas_wherever_the_number_stands() {
    needs_schemas
    local directory
    local equal='map(select(.kind == "StatefulSet")) | length == 1 and all(
        (.spec.replicas | tostring) == (.spec.template.spec.containers[0].env[] | select(.name == "SHARDS") | .value))'
    holds "$equal" deploy/kubernetes/base/consumer.yaml
    for directory in base overlays/nfs overlays/six-shards; do
        render "$directory"
        holds "$equal" "$rendered"
    done
    holds 'any(.kind == "StatefulSet" and .spec.replicas == 6)' "$rendered"
}

pods_are_numbered_from_one_as_shards_are() {
    needs_schemas
    holds 'map(select(.kind == "StatefulSet")) | all(.spec.ordinals.start == 1) and
        all([.spec.template.spec.containers[0].env[] | select(.name == "CONSUMER_SHARD").value] == ["$(POD_INDEX)/$(SHARDS)"])' \
        deploy/kubernetes/base/consumer.yaml
}

each_side_mounts_the_volume_of_the_other_read_only() {
    needs_schemas
    local mounts='[.[] | select(.spec.template).spec.template.spec.containers[0] | .name as $name | .volumeMounts[] |
        select(.name != "tmp") | "\($name) \(.name) \(.readOnly // false)"] | sort'
    local found
    found=$(objects "${daemons[@]}" | jq -src "$mounts | .[]")
    diff - <(echo "$found") <<'END'
data-consumer results false
data-consumer shared-data true
data-producer results true
data-producer shared-data false
END
    holds 'length == 2 and all(.spec.accessModes == ["ReadWriteMany"])' deploy/kubernetes/base/volumes.yaml
}

# https://kubernetes.io/docs/concepts/security/pod-security-standards/ says what "restricted" asks for.
pods_are_what_the_restricted_profile_lets_in() {
    needs_schemas
    holds 'any(.kind == "Namespace" and .metadata.labels["pod-security.kubernetes.io/enforce"] == "restricted")' \
        deploy/kubernetes/base/namespace.yaml
    holds "$pods"' | length == 2 and all(
        .securityContext.runAsNonRoot and .securityContext.runAsUser == 10001 and
        .securityContext.seccompProfile.type == "RuntimeDefault" and
        (.hostNetwork or .hostPID or .hostIPC | not) and .automountServiceAccountToken == false and
        all(.volumes[]; has("persistentVolumeClaim") or has("emptyDir")) and
        all(.containers[]; .securityContext.allowPrivilegeEscalation == false and .securityContext.capabilities.drop == ["ALL"] and
            .securityContext.readOnlyRootFilesystem and (.securityContext.privileged | not)))' \
        "${daemons[@]}"
}

pods_have_probes_and_bounds_and_nobody_to_speak_to() {
    needs_schemas
    holds "$pods"' | all(.[].containers[0]; . as $container |
        all(.startupProbe, .livenessProbe, .readinessProbe;
            .exec.command == ["/usr/local/bin/\($container.name)", "--health"]) and
        (.resources | .requests.cpu and .requests.memory and .limits.cpu and .limits.memory))' "${daemons[@]}"
    holds 'any(.kind == "NetworkPolicy" and .spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})' \
        deploy/kubernetes/base/namespace.yaml
}

mapfile -t tests < <(if [[ $# -gt 0 ]]; then printf '%s\n' "$@"; else tests_of "${BASH_SOURCE[0]}"; fi)
for test in "${tests[@]}"; do
    check "$test"
done
finish deploy
