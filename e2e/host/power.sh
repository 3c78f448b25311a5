#!/usr/bin/env bash
# Cuts a host's power and gives it back: every process of it ends at once, what is in memory (/run, /tmp) is gone, its
# disks stay, and it boots anew. Prints the pid of its new init.
# usage: power.sh NAME
set -euo pipefail
source_dir=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=lib.sh
. "$source_dir/lib.sh"
# shellcheck source=cgroup.sh
. "$source_dir/cgroup.sh"
# shellcheck source=network.sh
. "$source_dir/network.sh"
# shellcheck source=teardown.sh
. "$source_dir/teardown.sh"
# shellcheck source=start.sh
. "$source_dir/start.sh"

name=${1:-}
require_root "$@"
require_usable_cache
require_name "$name"
dir=$hosts/$name
lock_name "$name" --nonblock || die "another up or down of '$name' is at work"
recorded_alive "$dir/pid" || die "host '$name' is not up"
tree=$(<"$dir/tree")
number=$(<"$dir/number")
size=$(sed -n 's/^  "size": "\(.*\)",$/\1/p' "$dir/host.json")

# Under the machine's lock, so that nobody takes the number meanwhile.
exec 9>"$machine_lock"
flock 9
teardown_kill "$dir"
wait_until 20 cgroup_remove "$number" || die "a process still holds the cgroup stand-in-$number"
ip link delete "$(network_link "$number")" 2>/dev/null || wait_until 10 teardown_link_gone "$number"
rm -f "$dir/go"
start
connect
exec 9>&-
await_ready
printf '%s\n' "$init"
