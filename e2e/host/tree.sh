#!/usr/bin/env bash
# The root file system of a stand-in host, debootstrapped once and kept in the cache.
# usage: tree.sh trixie|forky      prints the path of the finished tree
#
# The tree's name holds a hash of this file: change the recipe and the next call builds anew.
# It is built aside and renamed when complete, so what has the name is whole.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

readonly packages=ca-certificates,openssh-server,git,docker.io,docker-cli,docker-compose,docker-buildx,iptables,iproute2,procps,curl,sudo,busybox-static
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg

require_root "$@"
require_usable_cache
suite=${1:?usage: tree.sh trixie|forky}
case $suite in
  trixie | forky) ;;
  *) die "no recipe for suite '$suite'" 'known: trixie (Engine 26), forky (Engine 28)' ;;
esac

key=$(sha256sum "$here/tree.sh" | cut -c1-12)
tree=$trees/$suite-$key
mkdir -p "$trees"

install_tree() {
  local root=$1 log=$trees/$suite.log script=/usr/share/debootstrap/scripts/$suite
  # A debootstrap older than the suite has no script for it; sid's serves every later one.
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
  say "building the $suite tree, once (about a minute; log: $log)"
  # In a mount namespace, so that an interrupted build leaves no /proc mounted in the tree; an empty mirror
  # means debootstrap's own default.
  unshare --mount debootstrap --variant=minbase --keyring="$keyring" --include="$packages" \
    "$suite" "$root" "${RESEE_E2E_MIRROR:-}" "$script" >"$log" 2>&1 ||
    die "debootstrap of $suite failed; the end of $log:" "$(tail -n 15 "$log")" \
      'if the mirror is not reached, name another: RESEE_E2E_MIRROR=http://…/debian'
  chroot "$root" apt-get clean
  rm -rf "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}/*
}

make_users() {
  local root=$1
  chroot "$root" useradd --create-home --shell /bin/bash --groups docker ec2-user
  # '*' is no password, but unlike '!' sshd doesn't take the account for locked.
  chroot "$root" usermod --password '*' ec2-user
  printf 'ec2-user ALL=(ALL) NOPASSWD:ALL\n' >"$root/etc/sudoers.d/ec2-user"
  chmod 440 "$root/etc/sudoers.d/ec2-user"
  install -d -m 700 "$root/home/ec2-user/.ssh"
  mkdir -p "$root/srv/git"
  chroot "$root" chown -R ec2-user:ec2-user /home/ec2-user /srv/git
}

configure() {
  local root=$1
  # A host must not share its identity with another: up.sh makes host keys for each.
  rm -f "$root"/etc/ssh/ssh_host_*
  # Many logins in a row from one address are the tests' everyday life, so neither MaxStartups nor the
  # penalties of OpenSSH >= 9.8 may turn one away. The rest is the distribution's default.
  cat >"$root/etc/ssh/sshd_config.d/stand-in.conf" <<'CONF'
UseDNS no
UsePAM no
PasswordAuthentication no
MaxStartups 200
PerSourcePenalties no
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_ecdsa_key
CONF
  chroot "$root" git config --system safe.directory '*'
  chroot "$root" git config --system init.defaultBranch main
  chroot "$root" git config --system url./srv/git/.insteadOf https://github.com/
  # No way out: a lookup is refused on the spot where it could hang.
  printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$root/etc/resolv.conf"
}

# Read from the binaries, so that up.sh need not ask a running engine.
record_versions() {
  local root=$1 engine compose
  engine=$(chroot "$root" dockerd --version)
  compose=$(chroot "$root" docker compose version --short)
  engine=${engine#Docker version }
  printf '%s %s\n' "${engine%%[,+]*}" "${compose%%[+-]*}" >"$root/etc/stand-in-versions"
}

# Trees of former recipes, as far as no host stands on them.
prune() {
  local old
  for old in "$trees/$suite"-*/; do
    old=${old%/}
    [ "$old" != "$tree" ] || continue
    if grep -qsxF -- "$old" "$hosts"/*/tree; then continue; fi
    say "removing $old, of a former recipe"
    rm -rf -- "$old"
  done
}

exec 9>"$trees/$suite.lock"
flock 9
if [ ! -d "$tree" ]; then
  # A build that was interrupted left this behind; the lock says that nobody is at it now.
  rm -rf "$trees/$suite.new"
  install_tree "$trees/$suite.new" >&2
  make_users "$trees/$suite.new"
  configure "$trees/$suite.new"
  record_versions "$trees/$suite.new"
  mv "$trees/$suite.new" "$tree"
  prune
fi
printf '%s\n' "$tree"
