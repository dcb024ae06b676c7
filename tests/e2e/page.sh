#!/usr/bin/env bash
# The page in a real browser: Debian's Chromium, driven by playwright-core. Pictures of it are left in $BUILD/browser.
# What a run needs beside it is named where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=$(realpath "${BUILD:-build}")
scenes=$build/browser
export NODE_PACKAGES=$build/browser-packages

skip_suite() {
    echo "page: skipped: $1"
    exit 0
}

find_browser() {
    CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
        skip_suite "Chromium is not installed, package chromium"
    export CHROMIUM
    command -v node >/dev/null || skip_suite "Node.js is not installed, package nodejs"
    [[ $(node -p 'process.versions.node.split(".")[0]') -ge 18 ]] || skip_suite "Node.js is older than 18"
}

# By the lock file's hash alone, and once for each state of it.
install_packages() {
    mkdir -p "$NODE_PACKAGES"
    ! cmp -s tests/browser/package-lock.json "$NODE_PACKAGES/installed" || return 0
    command -v npm >/dev/null || skip_suite "npm is not installed, package npm"
    cp tests/browser/{package.json,package-lock.json,.npmrc} "$NODE_PACKAGES/"
    (cd "$NODE_PACKAGES" && npm ci --ignore-scripts) >"$NODE_PACKAGES/log" 2>&1 ||
        skip_suite "npm could not fetch playwright-core: $(tail -n 1 "$NODE_PACKAGES/log")"
    cp tests/browser/package-lock.json "$NODE_PACKAGES/installed"
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
install_packages
make_scenes
node tests/browser/page.mjs "$scenes"
