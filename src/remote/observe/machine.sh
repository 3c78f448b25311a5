# What the host is: its engine, its tools, its memory, the room on its disks, the ports that are taken.
# Vars: DIR STATE OWN (the directory of this run)
# shellcheck shell=sh

docker_version() { capture docker docker version --format '{{json .Server}}'; }
compose_version() {
  capture compose docker compose version --short || {
    capture compose-v1 docker-compose version --short
    return
  }
  # From 2.40.1 on its builds need a Buildx of some age.
  case $(cat "$SCRATCH/compose.out") in
    v[01].* | [01].* | 2.[0-9].* | v2.[0-9].* | 2.[123][0-9].* | v2.[123][0-9].*) ;;
    *) capture buildx docker buildx version || return 0 ;;
  esac
}
images() {
  section images
  docker image ls --no-trunc --digests --format '{{.ID}} {{.Size}} {{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}' ||
    engine_failed 'image ls'
}

# reachable PATH: fails where its file system does not answer (a server of NFS that is gone): whoever looks into that waits
# without end, also a test of the shell. A path that is not there is an answer.
reachable() {
  reached=0
  timeout --foreground -k 2 "${RESEE_FILES_SECONDS:-20}" stat -f -c %T "$1" >/dev/null 2>&1 || reached=$?
  case $reached in 124 | 137) return 1 ;; esac
}

# Room where a run writes, lines `PLACE KILOBYTES INODES PATH`. Before anything is written: without it nothing else can
# be told.
observe_room() {
  section room
  for place in state stack temporary; do
    case $place in
      state) path=$STATE ;;
      stack) path=$DIR ;;
      *) path=${TMPDIR:-/tmp} ;;
    esac
    room_in "$path" "$place "
  done
  above=$STATE
  until [ -e "$above" ]; do above=$(dirname "$above"); done
  if [ -d "$above" ] && [ -w "$above" ]; then return 0; fi
  section state-unwritable
  printf '%s\n' "$above"
}

# observe_image_room DIRECTORY DRIVER: room where the engine keeps images. With the image store of containerd they lie
# in that one's directory, which is the engine's own where nobody else has started it.
observe_image_room() {
  case $2 in *io.containerd.snapshotter*) [ -d "$1/containerd" ] || [ ! -d /var/lib/containerd ] || set -- /var/lib/containerd ;; esac
  section image-room
  [ -z "$1" ] || room_in "$1"
}

# Ports on which a process of the host listens, lines `PROTOCOL ADDRESS:PORT UID` as the kernel writes them.
observe_listening() {
  section listening
  set --
  for protocol in tcp tcp6 udp udp6; do
    [ ! -r "/proc/net/$protocol" ] || set -- "$@" "/proc/net/$protocol"
  done
  [ $# = 0 ] || awk '
    FNR == 1 { protocol = substr(FILENAME, 11); next }
    protocol ~ /^tcp/ ? $4 == "0A" : $3 ~ /^0+:0000$/ { print protocol, $2, $8 }' "$@"
}

# The lease is taken under a file lock, in the same file system as this.
locks_hold() (
  # Where nothing can be written, others tell.
  mkdir -p "$OWN" && true >"$OWN/lock" || exit 0
  flock -n 9 9>"$OWN/lock"
)

missing_tools() {
  for tool in flock setsid tar timeout awk cmp bash ps find xargs; do
    if ! command -v "$tool" >/dev/null; then
      echo "$tool"
    elif [ "$tool" = timeout ] && ! timeout --foreground -k 1 5 true 2>/dev/null; then
      # That of BusyBox knows less.
      echo 'timeout of GNU coreutils'
    fi
  done
}

# Fails where git is missing: without it there is nothing more to tell.
observe_machine() {
  capture git-version git --version || return
  capture tools missing_tools
  capture locks locks_hold
  section docker-program
  readlink -f "$(unset -f docker && command -v docker)"
  section docker-says
  docker --version 2>/dev/null
  section endpoint
  docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null
  section meminfo
  grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
}
