#!/usr/bin/env bash
# host/setup.sh on a bare Debian: a fresh root tree without Docker, git, curl or a user.
# usage: bare.sh make DIR                 makes the tree DIR from a cached one
#        bare.sh setup DIR [OPTION…]      runs host/setup.sh in it, as `sudo sh -s -- OPTION… < setup.sh` would
#        bare.sh run DIR COMMAND…         runs a command in it
#        bare.sh finish DIR               makes it a tree that ../host/up.sh boots: its only network is the test's
set -euo pipefail
source_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../host/lib.sh
. "$source_dir/../host/lib.sh"
# shellcheck source=../host/preflight.sh
. "$source_dir/../host/preflight.sh"

# What Debian's cloud images have beyond the minimal system, as far as host/setup.sh looks at it.
readonly included=ca-certificates,openssh-server,sudo,systemd
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg
bare=$trees/bare-$(sha256sum "$source_dir/bare.sh" | cut -c1-12)
readonly bare

# The tree is used without an init of its own: services are registered, and not started.
make_bare() {
  local new=$bare.new script=/usr/share/debootstrap/scripts/trixie
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
  rm -rf "$new"
  say "building the bare tree, once (log: $bare.log)"
  unshare --mount debootstrap --variant=minbase --keyring="$keyring" --include="$included" \
    trixie "$new" "${RESEE_E2E_MIRROR:-}" "$script" >"$bare.log" 2>&1 ||
    die 'debootstrap failed; the end of its log:' "$(tail -n 15 "$bare.log")"
  printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
  chmod 755 "$new/usr/sbin/policy-rc.d"
  mv "$new" "$bare"
}

make() {
  require_usable_cache
  install_missing_packages
  mkdir -p "$trees"
  exec 9>"$bare.lock"
  flock 9
  [ -d "$bare" ] || make_bare
  cp -a "$bare" "$1"
}

# In mount and process namespaces of their own, which end with the command and whatever it has started.
inside() {
  local tree=$1
  shift
  unshare --mount --pid --fork --kill-child bash -c '
    set -e
    mount --make-rprivate /
    mount -t proc proc "$1/proc"
    mount --bind /dev "$1/dev"
    cp /etc/resolv.conf "$1/etc/resolv.conf"
    cd "$1"
    exec chroot . /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "${@:2}"
  ' bash "$tree" "$@"
}

finish() {
  local root=$1 engine compose
  engine=$(chroot "$root" dockerd --version)
  compose=$(chroot "$root" docker compose version --short)
  engine=${engine#Docker version }
  printf '%s %s\n' "${engine%%[,+]*}" "${compose%%[+-]*}" >"$root/etc/stand-in-versions"
  printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$root/etc/resolv.conf"
  mkdir -p "$root/srv/git"
  chroot "$root" git config --system safe.directory '*'
  chroot "$root" git config --system url./srv/git/.insteadOf https://github.com/
}

require_root "$@"
command=$1 tree=$2
shift 2
case $command in
  make) make "$tree" ;;
  setup) inside "$tree" sh -s -- "$@" <"$source_dir/../../host/setup.sh" ;;
  run) inside "$tree" "$@" ;;
  finish) finish "$tree" ;;
  *) die "no command '$command'" ;;
esac
