#!/usr/bin/env bash
# Brings up a stand-in host: a machine in namespaces with sshd, Docker Engine, Compose and git.
# usage: up.sh NAME [trixie|forky] [any|t2.micro] [DATA]
#
# DATA is a directory that save-data.sh made: the engine starts with its images. Prints a JSON description on
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

name=${1:-} suite=${2:-trixie} size=${3:-any} data=${4:-}
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

start() {
  (
    # Recorded before the host exists, so that whatever happens next, down.sh knows what to end.
    # BASHPID within $(…) would be the pid of that subshell.
    self=$BASHPID
    printf '%s %s\n' "$self" "$(process_start "$self")" >"$dir/pid"
    exec setsid unshare --mount --pid --net --uts --ipc --fork --kill-child \
      bash "$source_dir/init.sh" "$dir" "$tree" "$name" "$size"
  ) >"$dir/init.log" 2>&1 </dev/null 8>&- &
  wait_until 5 find_init || die 'the first process of the host did not start:' "$(tail -n 5 "$dir/init.log")"
}

find_init() {
  local unshare
  [ -s "$dir/pid" ] && read -r unshare _ <"$dir/pid" && init=$(pgrep -P "$unshare")
}

connect() {
  exec 9>"$machine_lock"
  flock 9
  number=$(network_free_number)
  # Recorded before anything is made under it, so that down.sh finds all of it.
  printf '%d\n' "$number" >"$dir/number"
  cgroup_make "$number" "$size"
  cgroup_enter "$number" "$init"
  network_connect "$number" "$init"
  exec 9>&-
  : >"$dir/go"
}

ssh_answers() { (: <"/dev/tcp/$1/22") 2>/dev/null; }

engine_answers() {
  nsenter -t "$init" -m -n curl -sf --unix-socket /run/docker.sock http://localhost/_ping >/dev/null 2>&1
}

ready_or_dead() { ! recorded_alive "$dir/pid" || { ssh_answers "$address" && engine_answers; }; }

await_ready() {
  if wait_until 60 ready_or_dead && recorded_alive "$dir/pid"; then return; fi
  die 'the host did not become ready' "$(tail -n 5 "$dir/init.log")" \
    "$(tail -n 5 "$dir/upper/var/log/boot.log")" "$(tail -n 15 "$dir/upper/var/log/dockerd.log")"
}

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
tree=$("$source_dir/tree.sh" "$suite")
claim
make_keys
make_disks
start
connect
address=$(network_host_address "$number")
await_ready
describe | tee "$dir/host.json"
trap - EXIT
