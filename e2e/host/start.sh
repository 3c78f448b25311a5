# shellcheck shell=bash
# shellcheck source=lib.sh disable=SC2154  # variables of lib.sh, and of whoever sources this: name dir tree size source_dir
# Starts a host whose directory and disks are there, and connects it.

start() {
  (
    # Recorded before the host exists, so that whatever happens next, down.sh knows what to end.
    # BASHPID within $(…) would be the pid of that subshell.
    self=$BASHPID
    printf '%s %s\n' "$self" "$(process_start "$self")" >"$dir/pid"
    exec setsid unshare --mount --pid --net --uts --ipc --fork --kill-child \
      bash "$source_dir/init.sh" "$dir" "$tree" "$name" "$size"
  ) >"$dir/init.log" 2>&1 </dev/null 8>&- 9>&- &
  wait_until 5 find_init || die 'the first process of the host did not start:' "$(tail -n 5 "$dir/init.log")"
}

find_init() {
  local unshare
  [ -s "$dir/pid" ] && read -r unshare _ <"$dir/pid" && init=$(pgrep -P "$unshare")
}

# Call it under the machine's lock, with `number` set.
connect() {
  # Recorded before anything is made under it, so that down.sh finds all of it.
  printf '%d\n' "$number" >"$dir/number"
  cgroup_make "$number" "$size"
  cgroup_enter "$number" "$init"
  network_connect "$number" "$init"
  : >"$dir/go"
}

ssh_answers() { (: <"/dev/tcp/$1/22") 2>/dev/null; }

engine_answers() {
  nsenter -t "$init" -m -n curl -sf --unix-socket /run/docker.sock http://localhost/_ping >/dev/null 2>&1
}

ready_or_dead() { ! recorded_alive "$dir/pid" || { ssh_answers "$address" && engine_answers; }; }

await_ready() {
  address=$(network_host_address "$number")
  if wait_until 60 ready_or_dead && recorded_alive "$dir/pid"; then return; fi
  die 'the host did not become ready' "$(tail -n 5 "$dir/init.log")" \
    "$(tail -n 5 "$dir/upper/var/log/boot.log")" "$(tail -n 15 "$dir/upper/var/log/dockerd.log")"
}
