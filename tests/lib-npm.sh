# Packages of npm's registry for a suite, in $NODE_PACKAGES, which it sets. Source it in the top directory.
# shellcheck shell=bash

# install_packages DIRECTORY PACKAGE: what the lock file of tests/DIRECTORY names, into $NODE_PACKAGES, by its hashes alone,
# and once for each state of it. Says why it cannot, in one line.
install_packages() {
    mkdir -p "$NODE_PACKAGES"
    command -v node >/dev/null || { echo "Node.js is not installed, package nodejs" && return; }
    ! cmp -s "tests/$1/package-lock.json" "$NODE_PACKAGES/installed" || return 0
    command -v npm >/dev/null || { echo "npm is not installed, package npm" && return; }
    cp "tests/$1"/{package.json,package-lock.json,.npmrc} "$NODE_PACKAGES/"
    if (cd "$NODE_PACKAGES" && npm ci --ignore-scripts) >"$NODE_PACKAGES/log" 2>&1; then
        cp "tests/$1/package-lock.json" "$NODE_PACKAGES/installed"
    else
        echo "npm could not fetch $2: $(tail -n 1 "$NODE_PACKAGES/log")"
    fi
}
