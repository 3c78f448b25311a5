# shellcheck shell=bash
# node:24 from the registry's own build of it, and npm with a cache that holds the frontend's packages:
# `npm ci` works where there is no network.
fill() {
  local arch
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) die "no Node.js for $(uname -m)" ;;
  esac
  (cd "${work:?}" && npm install --silent --no-save --ignore-scripts --prefix "${work:?}/npm" "node-linux-$arch@24" npm@11)
  install -d "$1/usr/local/bin" "$1/usr/local/lib/node_modules"
  install -m 755 "${work:?}/npm/node_modules/node-linux-$arch/bin/node" "$1/usr/local/bin/node"
  cp -R "${work:?}/npm/node_modules/npm" "$1/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$1/usr/local/bin/npx"
  # The official image has this user; Dockerfiles name it.
  inside "$1" useradd -m -u 1000 -s /bin/bash node
  mkdir -p "$1/tmp/frontend"
  cp "${example:?}"/frontend/{package.json,package-lock.json,.npmrc} "$1/tmp/frontend/"
  inside "$1" npm ci --prefix /tmp/frontend --cache /opt/npm-cache --no-audit --no-fund
  inside "$1" npm ci --prefix /tmp/frontend --cache /opt/npm-cache --no-audit --no-fund --offline # the proof
  rm -rf "$1/opt/npm-cache/_logs"
}
