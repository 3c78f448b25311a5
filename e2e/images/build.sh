#!/usr/bin/env bash
# The layers of the stand-ins for the base images: Debian trees, in place of what a registry would send.
# usage: build.sh OUTDIR [base|proxies]      prints one line a layer: NAME PATH-OF-TAR
#
# A layer's file name holds a hash of its recipe, its parent and the files that it reads, so a change
# builds that layer anew and leaves the others. What has the name is whole: built aside, then renamed.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
example=$(cd -- "$here/../../examples/resee" && pwd)

say() { printf 'images: %s\n' "$*" >&2; }
die() {
  printf 'images: error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf 'images:   %s\n' "$line" >&2; done
  exit 1
}

[ "$(id -u)" = 0 ] || die 'the base images need root (debootstrap, chroot)' "type: sudo -E $0 $*"
case $#${2:-base} in 1base | 2base | 2proxies) ;; *) die 'usage: build.sh OUTDIR [base|proxies]' ;; esac
set_of_layers=${2:-base}
# shellcheck source=../host/preflight.sh
. "$here/../host/preflight.sh"
install_missing_packages
command -v npm >/dev/null || die "'npm' is not installed" 'install Node.js 20 or 24, with npm'

# Every mount made below ends with this process, however it ends.
[ -n "${RESEE_IMAGES_PRIVATE:-}" ] || exec env RESEE_IMAGES_PRIVATE=1 unshare --mount --propagation private "$0" "$@"

out=$1
mkdir -p "$out"
out=$(cd -- "$out" && pwd)
exec 9>"$out/lock"
flock 9
work=$out/work
# The lock says that nobody is at what an interrupted build left.
clear_work() {
  local root
  for root in "$work"/*/root; do
    if mountpoint -q "$root"; then umount -R "$root"; fi
  done
  rm -rf --one-file-system "$work"
}
clear_work
mkdir -p "$work"
trap clear_work EXIT

# shellcheck source=tree.sh
. "$here/tree.sh"

# hash_of FILE…: the name of a layer made from these.
hash_of() { cat -- "$here/tree.sh" "$@" | sha256sum | cut -c1-12; }

# layer NAME PARENT FILE…: builds layers/NAME.sh on PARENT's tree ("none": a tree of its own), once.
layer() {
  local name=$1 parent=$2 hash tar start=$SECONDS
  shift 2
  hash=$(hash_of "$here/layers/$name.sh" "$@")
  if [ "$parent" != none ]; then hash=$(printf '%s %s' "$hash" "$(basename "$parent")" | sha256sum | cut -c1-12); fi
  tar=$out/$name-$hash.tar
  if [ ! -e "$tar" ]; then
    say "building the layer '$name' (log: $out/$name.log)"
    # In the background, because `set -e` does not reach into a command that `||` follows.
    (build_layer "$name" "$parent" "$tar") >"$out/$name.log" 2>&1 9>&- &
    wait $! ||
      die "the layer '$name' failed; the end of $out/$name.log:" "$(tail -n 20 "$out/$name.log")"
    # Layers of former recipes are only in the way.
    find "$out" -maxdepth 1 -name "$name-*" ! -name "$name-$hash*" -exec rm -rf --one-file-system {} +
    say "built the layer '$name' in $((SECONDS - start)) s, $(du -h "$tar" | cut -f1)"
  fi
  printf '%s %s\n' "$name" "$tar"
}

# build_layer NAME PARENT TAR: `fill ROOT` comes from the layer's own file.
build_layer() {
  local name=$1 parent=$2 tar=$3
  # shellcheck source=/dev/null
  . "$here/layers/$name.sh"
  if [ "$parent" = none ]; then
    rm -rf "${tar%.tar}"
    mkdir -p "$work/$name"
    fill "$work/$name"
    strip_tree "$work/$name"
    pack "$work/$name" "$tar"
    mv "$work/$name" "${tar%.tar}"
  else
    mount_on "$parent" "$work/$name"
    fill "$work/$name/root"
    umount -R "$work/$name/root"
    strip_tree "$work/$name/upper"
    pack "$work/$name/upper" "$tar"
  fi
}

# beside NAME PARENT FILE…: as `layer`, while what follows goes on.
jobs=()
beside() {
  layer "$@" >"$work/$1.line" &
  jobs+=($!)
}
# finish NAME…: waits for all of them, and tells these.
finish() {
  local job name failed=0
  # All of them, also when one fails: what they work in goes away with this process.
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  [ "$failed" = 0 ] || exit 1
  for name in "$@"; do cat "$work/$name.line"; done
}

if [ "$set_of_layers" = base ]; then
  # The proxy must know keepalive_min_timeout (nginx 1.27.4), the rest comes from Debian's stable suite:
  # two trees, built side by side.
  beside nginx none "$here"/rootfs/nginx*
fi

trixie=$(layer trixie none)
printf '%s\n' "$trixie"
parent=${trixie#* }
parent=${parent%.tar}

if [ "$set_of_layers" = proxies ]; then
  layer proxies "$parent" "$here/rootfs/traefik-entrypoint.sh"
  exit
fi

# Each mostly waits for somebody else: a mirror, an index, the disk.
beside python "$parent" "$example"/backend/requirements*.txt
beside node "$parent" "$example"/frontend/{package.json,package-lock.json,.npmrc}
beside postgres "$parent" "$here/rootfs/postgres-entrypoint.sh"
beside redis "$parent" "$here/rootfs/redis-entrypoint.sh"
finish python postgres redis node nginx
