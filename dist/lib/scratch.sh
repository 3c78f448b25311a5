# Files that are of use to nobody once a script has ended: copies of .env, of definitions, of what containers print.
# They lie in the state directory, in directories that only their owner reads, each named after the process that made
# it: a script takes its own away however it ends, and whoever comes next those of processes that are gone.
# Vars: STATE
# shellcheck shell=sh

# scratch_directory: prints a new one; without a STATE one in /tmp, on a full disk one in memory.
scratch_directory() {
  scratch_name=resee-deploy.$$.$(process_start "$$").XXXXXX
  for scratch_in in "${STATE:-/tmp}/${STATE:+scratch}" /dev/shm; do
    scratch=$(umask 077 && mkdir -p "$scratch_in" 2>/dev/null && mktemp -d "$scratch_in/$scratch_name" 2>/dev/null) || continue
    if echo >"$scratch/probe"; then
      rm -f "$scratch/probe"
      printf '%s\n' "$scratch"
      return
    fi 2>/dev/null
    rm -rf "$scratch"
  done
  say 'no file can be written on the host: its disk is full'
  return 1
}

# with_scratch COMMAND…: runs it in a subshell with a directory of its own in `scratch`, which goes when that ends.
with_scratch() (
  scratch=$(scratch_directory) || exit
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 143' HUP INT TERM PIPE
  "$@"
)

# sweep_scratch: takes away what processes have left that were killed.
sweep_scratch() {
  for swept in "$STATE"/scratch/resee-deploy.* /dev/shm/resee-deploy.* /tmp/resee-deploy.*; do
    [ -O "$swept" ] || continue
    swept_by=${swept##*/resee-deploy.}
    swept_pid=${swept_by%%.*}
    swept_start=${swept_by#*.}
    [ "$(process_start "$swept_pid")" = "${swept_start%%.*}" ] || rm -rf "$swept"
  done
  rmdir "$STATE/scratch" 2>/dev/null || :
}

# sweep_stages: takes away the stages of runs that have died: no run outlives its session, or a reboot. A journal may
# need them.
sweep_stages() {
  for swept in "$STATE"/stage/*; do
    if [ ! -e "$swept/over" ] && [ -n "$(process_of "$swept/session")" ] &&
      [ "$(cat "$swept/boot" 2>/dev/null)" = "$(cat /proc/sys/kernel/random/boot_id)" ]; then continue; fi
    rm -rf "$swept"
  done
}
