#!/usr/bin/env bash
# Brings up a stand-in host: a machine in namespaces with sshd, Docker Engine, Compose and git.
# usage: up.sh NAME [trixie|forky|forky-containerd] [any|t2.micro] [DATA] [TREE]
#
# forky-containerd is forky, whose engine keeps images in containerd's store.
# DATA is a directory that save-data.sh made: the engine starts with its images. TREE is a root file system in the
# place of the one that tree.sh makes. Prints a JSON description on
# stdout, progress on stderr.
set -euo pipefail
source_dir=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=lib.sh
. "$source_dir/lib.sh"
# shellcheck source=preflight.sh
. "$source_dir/preflight.sh"
# shellcheck source=cgroup.sh
. "$source_dir/cgroup.sh"
# shellcheck source=network.sh
. "$source_dir/network.sh"
# shellcheck source=teardown.sh
. "$source_dir/teardown.sh"
# shellcheck source=start.sh
. "$source_dir/start.sh"

name=${1:-} suite=${2:-trixie} size=${3:-any} data=${4:-} tree=${5:-}
require_root "$@"
require_usable_cache
require_name "$name"
case $size in any | t2.micro) ;; *) die "no size '$size'" 'known: any, t2.micro' ;; esac
if [ -n "$data" ] && [ ! -d "$data" ]; then die "no directory '$data'" 'make it with save-data.sh'; fi
dir=$hosts/$name

claim() {
  mkdir -p "$hosts"
  lock_name "$name" --nonblock || die "another up or down of '$name' is at work" 'choose another name, or wait for it'
  if recorded_alive "$dir/pid"; then die "host '$name' is up already" "take it down first: down.sh $name"; fi
  teardown "$name"
  trap 'teardown "$name"' EXIT
  mkdir "$dir" "$dir"/{upper,work,root,docker,identity}
  printf '%s\n' "$tree" >"$dir/tree"
  mkdir -p "$dir/upper/etc"
  case $suite in
    *-containerd) echo containerd ;;
    *) echo overlay2 ;;
  esac >"$dir/upper/etc/stand-in-image-store"
}

make_keys() {
  local type
  for type in ed25519 ecdsa; do
    ssh-keygen -q -t "$type" -N '' -C "$name" -f "$dir/identity/ssh_host_${type}_key"
  done
  ssh-keygen -q -t ed25519 -N '' -C ec2-user -f "$dir/key"
  # The tests may run as the user who called sudo.
  if [ -n "${SUDO_UID:-}" ]; then chown "$SUDO_UID" "$dir/key"; fi
}

make_disks() {
  cp -a "$tree/home" "$dir/home"
  cp -a "$tree/srv" "$dir/srv"
  if [ -n "$data" ]; then seed_engine; fi
  local ssh=$dir/home/ec2-user/.ssh
  # A tree of another's making has no such user.
  if [ ! -d "$ssh" ]; then return; fi
  cp "$dir/key.pub" "$ssh/authorized_keys"
  chown --reference="$ssh" "$ssh/authorized_keys"
}

# The engine changes its databases in place, but never a layer once it is written: layers are linked.
seed_engine() {
  local part
  for part in "$data"/*; do
    if [ "${part##*/}" = overlay2 ]; then cp -al "$part" "$dir/docker/"; else cp -a "$part" "$dir/docker/"; fi
  done
}

# shellcheck disable=SC2031  # a subshell of teardown.sh has a `number` of its own
describe() {
  local engine compose fingerprint
  read -r engine compose <"$tree/etc/stand-in-versions"
  read -r _ fingerprint _ < <(ssh-keygen -lf "$dir/identity/ssh_host_ed25519_key.pub")
  read -r type key _ <"$dir/identity/ssh_host_ed25519_key.pub"
  printf '%s %s %s\n' "$address" "$type" "$key" >"$dir/known_hosts"
  cat <<JSON
{
  "name": "$name",
  "suite": "$suite",
  "size": "$size",
  "address": "$address",
  "gateway": "$(network_our_address "$number")",
  "number": $number,
  "pid": $init,
  "privateKeyPath": "$dir/key",
  "knownHosts": "$(<"$dir/known_hosts")",
  "fingerprint": "$fingerprint",
  "engineVersion": "$engine",
  "composeVersion": "$compose"
}
JSON
}

preflight
[ -n "$tree" ] || tree=$("$source_dir/tree.sh" "${suite%-containerd}")
claim
make_keys
make_disks
start
exec 9>"$machine_lock"
flock 9
number=$(network_free_number)
connect
exec 9>&-
await_ready
describe | tee "$dir/host.json"
trap - EXIT
