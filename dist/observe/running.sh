# What runs: the containers of a project, what they use, what their proxies have loaded.
# Vars: SCRATCH
# shellcheck shell=sh

# loaded_config KIND CONTAINER: as the container's own user, who may read it.
loaded_config() {
  case $1 in
    nginx)
      # Its words are plain, and meant to be split.
      # shellcheck disable=SC2046
      own_exec "$2" $(nginx_command "$2") -T
      ;;
    caddy)
      # What a command that failed has printed is no configuration: the engine's own complaint comes there too.
      ! answer=$(own_exec "$2" wget -qO- http://127.0.0.1:2019/config/ 2>/dev/null) || {
        printf '%s\n' "$answer"
        return
      }
      file=$(caddy_option "$2" config)
      own_exec "$2" caddy adapt --config "${file:-/etc/caddy/Caddyfile}"
      ;;
  esac
}

# Every container on the host: its project, the directory and the files that it was created from, whether it is of
# `docker compose run`, its status, its name, and the ports that it publishes.
observe_listed() {
  section listed
  docker ps -a --format '{{.Label "com.docker.compose.project"}}\t{{.Label "com.docker.compose.project.working_dir"}}\t{{.Label "com.docker.compose.project.config_files"}}\t{{.Label "com.docker.compose.oneoff"}}\t{{.Status}}\t{{.Names}}\t{{.Ports}}' ||
    engine_failed 'ps -a'
}

# The directories of a project that are other ones than the stack's, lines `there DIRECTORY` or `hidden DIRECTORY`.
# Follows observe_listed, which runs beside. Vars: DIR STATE SCRATCH
observe_elsewhere() { # PROJECT
  section elsewhere
  tab=$(printf '\t')
  while IFS=$tab read -r of directory _; do
    [ "$of" != "$1" ] || whereabouts "$directory"
  done <"$SCRATCH/listed.job"
}

# whereabouts DIRECTORY: prints nothing where it is DIR, within or above it, by whatever mount or link, or is gone.
whereabouts() {
  case $1/ in / | "$DIR"/* | "$STATE"/*) return ;; esac
  case $DIR/ in "$1"/*) return ;; esac
  reachable "$1" || {
    printf 'hidden %s\n' "$1"
    return
  }
  if [ -d "$1" ]; then
    if [ -d "$DIR" ]; then
      [ "$(stat -L -c %d:%i "$1")" != "$(stat -L -c %d:%i "$DIR")" ] || return 0
      case $(cd "$1" 2>/dev/null && pwd -P)/ in "$(cd "$DIR" && pwd -P)"/*) return ;; esac
    fi
    printf 'there %s\n' "$1"
    return
  fi
  above=$(dirname "$1")
  until [ -d "$above" ]; do above=$(dirname "$above"); done
  [ -x "$above" ] || printf 'hidden %s\n' "$1"
}

# look_at_project PROJECT: what the engine says of its containers, in SCRATCH/inspected and, as lines `ID PID NETWORK…`,
# in SCRATCH/project; a NETWORK is `NAME=ADDRESS=ADDRESS`. Fails where it does not say, or somebody removes one meanwhile.
look_at_project() {
  # What somebody runs by `docker run` of an image that Compose has built has the image's labels, those of the project
  # and the service among them; only Compose itself says of a container whether it is one of `docker compose run`.
  ids=$(docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.oneoff) || return
  : >"$SCRATCH/inspected"
  : >"$SCRATCH/project"
  [ -n "$ids" ] || return 0
  # Ids are hex: they are meant to be split.
  # shellcheck disable=SC2086
  docker inspect $ids >"$SCRATCH/inspected" &
  inspecting=$!
  # shellcheck disable=SC2086
  docker inspect -f '{{.Id}} {{.State.Pid}} {{range $name, $of := .NetworkSettings.Networks}}{{$name}}={{$of.IPAddress}}={{$of.GlobalIPv6Address}} {{end}}' $ids >"$SCRATCH/project"
  project_code=$?
  wait "$inspecting" && return "$project_code"
}

observe_running() { # PROJECT
  docker ps --no-trunc --format '{{.ID}} {{.Names}} ,{{.Networks}}' >"$SCRATCH/running" &
  listing=$!
  look_at_project "$1" 2>/dev/null || { [ $? != 124 ] && look_at_project "$1"; } || engine_failed inspect
  section containers
  cat "$SCRATCH/inspected"
  wait "$listing" || engine_failed ps
  section memory
  [ -z "$ids" ] || while read -r id pid _; do
    # Version 2 of the kernel's control groups has one hierarchy, version 1 one for memory.
    group=$(awk -F: '$2 == "memory" {print "/memory" $3; exit} $1 == "0" {print $3}' "/proc/$pid/cgroup" 2>/dev/null | head -n 1)
    [ -z "$group" ] || awk -v id="$id" '$1 == "anon" || $1 == "total_rss" {print id, int($2 / 1024); exit}' "/sys/fs/cgroup$group/memory.stat" 2>/dev/null
  done <"$SCRATCH/project"
  section calls
  [ -z "$ids" ] || calls_among "$SCRATCH/project"
  section processes
  [ -z "$ids" ] || processes_among "$(cut -d' ' -f1,2 "$SCRATCH/project")"
  networks=" $([ -z "$ids" ] || cut -d' ' -f3- "$SCRATCH/project" | sed 's/=[^ ]*//g' | tr '\n' ' ') "
  observe_proxies "$networks"
}

# processes_among LINES: lines `NAME CONTAINER` of what runs in the containers of LINES; see proxies_among.
processes_among() {
  ps -eo pid=,comm= | awk '{ pid = $1; sub(/^ *[0-9]+ /, ""); gsub(/[[:space:]]/, "_"); print $0, pid }' | among "$1"
}

# pids_of ID…: lines `ID PID`. One that somebody removes meanwhile is left out.
pids_of() {
  [ $# != 0 ] || return 0
  pids=$(docker inspect -f '{{.Id}} {{.State.Pid}}' "$@" 2>/dev/null) || {
    [ $? != 124 ] && left=$(present "$@") || return
    # shellcheck disable=SC2086
    pids=$(docker inspect -f '{{.Id}} {{.State.Pid}}' $left) || return
  }
  printf '%s\n' "$pids"
}

# Proxies of the stack, and those of other projects that share a network with it.
observe_proxies() { # NETWORKS
  while read -r id name joined; do
    for network in $(printf '%s' "$joined" | tr , ' '); do
      case $1 in *" $network "*) printf '%s %s %s\n' "$id" "$name" "${joined#,}" && break ;; esac
    done
  done <"$SCRATCH/running" >"$SCRATCH/near"
  near=$(cut -d' ' -f1 "$SCRATCH/near")
  # Ids are hex: they are meant to be split.
  # shellcheck disable=SC2086
  near_pids=$(pids_of $near) || engine_failed inspect
  [ -z "$near_pids" ] || proxies_among "$near_pids" >"$SCRATCH/proxies"
  asking=
  [ -z "$near_pids" ] || while read -r kind found; do
    is_proxy "$kind" "$found" || {
      [ $? = 1 ] || engine_failed inspect
      continue
    }
    while read -r id name joined; do
      [ "$id" = "$found" ] || continue
      capture "proxy:$kind:$id:$name:$joined" loaded_config "$kind" "$id" </dev/null >"$SCRATCH/proxy-$kind-$id" &
      asking="$asking $kind-$id:$!"
    done <"$SCRATCH/near"
  done <"$SCRATCH/proxies"
  for asked in $asking; do
    # What it complains of is told in its section.
    wait "${asked#*:}" || :
    cat "$SCRATCH/proxy-${asked%%:*}"
  done
}
