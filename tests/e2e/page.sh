#!/usr/bin/env bash
# The page in a real browser: Debian's Chromium, driven by playwright-core. Pictures of it are left in $BUILD/browser.
# What a run needs beside it is named where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib-npm.sh
source tests/lib-npm.sh

build=$(realpath "${BUILD:-build}")
scenes=$build/browser
export NODE_PACKAGES=$build/browser-packages

skip_suite() {
    echo "page: skipped: $1"
    exit 0
}

find_browser() {
    # The first has no window at all, and takes half the time.
    CHROMIUM=$(command -v chromium-headless-shell || command -v chromium || command -v google-chrome) ||
        skip_suite "Chromium is not installed, package chromium-headless-shell"
    export CHROMIUM
    command -v node >/dev/null || skip_suite "Node.js is not installed, package nodejs"
    [[ $(node -p 'process.versions.node.split(".")[0]') -ge 18 ]] || skip_suite "Node.js is older than 18"
}

make_scenes() {
    local scene
    rm -rf "$scenes"
    for scene in ordinary hostile trouble empty wide; do
        mkdir -p "$scenes/$scene"
        "$build/tests/tools/make-page" "$scenes/$scene" "$scene"
    done
}

find_browser
without_driver=$(install_packages browser playwright-core)
[[ -z $without_driver ]] || skip_suite "$without_driver"
make_scenes
node tests/browser/page.mjs "$scenes"
