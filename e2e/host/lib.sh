# shellcheck shell=bash
# shellcheck disable=SC2034  # the variables are for the scripts that source this
# What up.sh, down.sh and tree.sh share: where things lie, how a problem is told, who may touch what.

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

cache=${RESEE_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/resee-e2e}
trees=$cache/trees
hosts=$cache/hosts
locks=$cache/locks

# One lock for the machine, not one for each cache: addresses, links and cgroups belong to the machine.
machine_lock=/run/resee-e2e.lock

say() { printf 'host: %s\n' "$*" >&2; }

die() {
  printf 'host: error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf 'host:   %s\n' "$line" >&2; done
  exit 1
}

# In the kernel's overlay options a comma or a colon ends a path.
require_usable_cache() {
  case $cache in
    *[:,\ ]*) die "the cache path '$cache' has a colon, a comma or a space" 'set RESEE_E2E_CACHE to another directory' ;;
    /*) ;;
    *) die "the cache path '$cache' is relative" 'set RESEE_E2E_CACHE to an absolute path' ;;
  esac
}

require_root() {
  [ "$(uname -s)" = Linux ] || die 'a stand-in host needs Linux namespaces; this is not Linux'
  [ "$(id -u)" = 0 ] || die 'a stand-in host needs root' "type: sudo -E $0 $*"
}

require_name() {
  [[ $1 =~ ^[a-z][a-z0-9-]{0,30}$ ]] || die "'$1' is no host name" 'a lower-case letter, then at most 30 of a-z 0-9 -'
}

# When a process began, in clock ticks since boot: with it a pid cannot be mistaken for a later process.
# The second field of stat may hold spaces, so count from after its closing bracket.
process_start() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }"
  [ "${fields[0]}" != Z ] || return 1
  printf '%s\n' "${fields[19]}"
}

# Succeeds while the process recorded in file $1 ("pid start") lives.
recorded_alive() {
  local pid start now
  [ -s "$1" ] || return 1
  read -r pid start <"$1"
  now=$(process_start "$pid") && [ "$now" = "$start" ]
}

# lock_name NAME [OPTION OF FLOCK…]: holds the host's name, on descriptor 8, as long as this process lives.
# Who had it before may have removed the file: a lock on a file that has gone holds nothing.
lock_name() {
  local file=$locks/$1
  shift
  mkdir -p "$locks"
  while :; do
    exec 8>"$file"
    flock "$@" 8 || return 1
    if [ "$file" -ef /proc/self/fd/8 ]; then return; fi
  done
}

unlock_name() {
  rm -f -- "$locks/$1"
  exec 8>&-
}

# wait_until SECONDS COMMAND…: asks every 50 ms; fails when the time is up.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}
