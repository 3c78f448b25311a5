# shellcheck shell=bash
# Sourced by build.sh: how a Debian tree is made, added to, stripped and packed.

# debian_tree SUITE ROOT PACKAGES
debian_tree() {
  local suite=$1 root=$2 packages=$3 script=/usr/share/debootstrap/scripts/$1
  # A debootstrap older than the suite has no script for it; sid's serves every later one.
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
  # An empty mirror means debootstrap's own default.
  debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    --include="$packages" "$suite" "$root" "${RESEE_E2E_MIRROR:-}" "$script"
  quiet_packages "$root"
}

# Nothing may start a service in a chroot, and a tree that is thrown away when it fails needs no fsync.
quiet_packages() {
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 755 "$1/usr/sbin/policy-rc.d"
  printf 'force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n' \
    >"$1/etc/dpkg/dpkg.cfg.d/stand-in"
}

# mount_on PARENT DIR: DIR/root shows PARENT's tree, which has the few device nodes that a package needs;
# what is changed there lands in DIR/upper.
mount_on() {
  mkdir -p "$2"/{root,upper,over}
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/over" "$2/root"
  mount -t proc proc "$2/root/proc"
}

# inside ROOT COMMAND…: as root in the tree, with this machine's network and the authorities that it
# trusts (a company's proxy may have its own), and none of its other settings.
inside() {
  local root=$1 name settings=()
  shift
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$root/tmp/authorities.pem"
  for name in http_proxy https_proxy no_proxy PIP_INDEX_URL NPM_CONFIG_REGISTRY; do
    [ -z "${!name:-}" ] || settings+=("$name=${!name}")
  done
  chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    PIP_CERT=/tmp/authorities.pem NODE_EXTRA_CA_CERTS=/tmp/authorities.pem \
    DEBIAN_FRONTEND=noninteractive "${settings[@]}" "$@"
}

# add_packages ROOT PACKAGE…
add_packages() {
  local root=$1
  shift
  inside "$root" apt-get update -q
  inside "$root" apt-get install -q -y --no-install-recommends "$@"
}

# What no container reads, and what would tell of the machine that built the tree.
strip_tree() {
  local path
  for path in etc/resolv.conf etc/hostname var/lib/apt/lists var/cache/apt var/cache/debconf \
    usr/share/doc usr/share/man usr/share/info usr/share/locale root/.cache tmp run; do
    rm -rf "${1:?}/$path"
  done
  if [ -d "$1/var/log" ]; then find "$1/var/log" -type f -delete; fi
  mkdir -p "$1"/{run,tmp,var/cache/apt/archives/partial,var/lib/apt/lists/partial}
  chmod 1777 "$1/tmp"
  find "$1" -name __pycache__ -path '*/usr/share/*' -prune -exec rm -rf {} +
}

# pack DIR TAR: a layer as the engine loads it; overlay's mark of a deleted file becomes the layer's.
pack() {
  local dir=$1 tar=$2 gone
  find "$dir" -type c | while read -r gone; do
    [ "$(stat -c %t:%T "$gone")" = 0:0 ] || continue
    rm "$gone"
    : >"$(dirname "$gone")/.wh.$(basename "$gone")"
  done
  tar --numeric-owner --sort=name --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
    -C "$dir" -cf "$tar.partial" .
  mv "$tar.partial" "$tar"
}
