# shellcheck shell=bash
# shellcheck source=lib.sh disable=SC2154  # variables of lib.sh
# Takes one host away, whatever state it is in. It ends only the process that up.sh recorded; the kernel ends
# the rest of that pid namespace with it, then its mounts, then its end of the link.

teardown_kill() {
  local dir=$1 pid init
  recorded_alive "$dir/pid" || return 0
  read -r pid _ <"$dir/pid"
  # unshare dies after its child, the host's init: while unshare lives, the child's pid is the right one.
  for init in $(pgrep -P "$pid"); do kill -KILL "$init"; done
  wait_until 5 teardown_gone "$dir" && return
  if recorded_alive "$dir/pid"; then kill -KILL "$pid"; fi
  wait_until 10 teardown_gone "$dir" || die "process $pid of $dir doesn't end"
}

teardown_gone() { ! recorded_alive "$1/pid"; }

# Under the machine's lock, so that nobody takes the number between the parts.
teardown_machine_parts() (
  number=$1
  exec 9>"$machine_lock"
  flock 9
  wait_until 20 cgroup_remove "$number" || die "a process still holds the cgroup stand-in-$number"
  # The link goes with the namespace, but later; a number is free only when it is gone.
  if network_link_exists "$number"; then
    ip link delete "$(network_link "$number")" 2>/dev/null || wait_until 10 teardown_link_gone "$number"
  fi
)

teardown_link_gone() { ! network_link_exists "$1"; }

teardown_remove() { rm -rf -- "$1" 2>/dev/null; }

# teardown NAME: promises that nothing of the host is left; a host that doesn't exist is no error.
teardown() {
  local dir=$hosts/$1
  [ -d "$dir" ] || return 0
  # Who failed while it held the machine's lock gives it back: what comes next takes it anew.
  exec 9>&-
  teardown_kill "$dir"
  if [ -s "$dir/number" ]; then teardown_machine_parts "$(<"$dir/number")"; fi
  # The last mounts of the namespace may outlive its processes by a moment.
  wait_until 10 teardown_remove "$dir" || die "$dir could not be removed"
}
