# Containers: made, stopped, started, removed.
# shellcheck shell=sh

container_ids() { # PROJECT SERVICE: every container of the service, also stopped ones
  docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" \
    --filter "label=com.docker.compose.service=$2" --filter label=com.docker.compose.oneoff=False
}

# remove_new_containers PROJECT SERVICE SERVED ID…: removes the service's containers, all but these. SERVED says
# whether containers of it served before (yes, no). Where somebody has removed all of those meanwhile, the newest
# one that runs stays, or the newest one, which is started: without it nothing of the service would run.
remove_new_containers() {
  project=$1 service=$2 served=$3
  shift 3
  staying=
  # By itself: an engine that is away must not be taken for one without containers.
  new_ids=$(container_ids "$project" "$service") || return
  if [ "$served" = yes ] && ! any_known "$new_ids" "$@"; then
    staying=$(docker ps -q --no-trunc --filter "label=com.docker.compose.project=$project" \
      --filter "label=com.docker.compose.service=$service" --filter label=com.docker.compose.oneoff=False) || return
    # `docker compose up` of somebody may have made it, and not have started it yet.
    staying=$(printf '%s\n' "${staying:-$new_ids}" | head -n 1)
    [ -z "$staying" ] || {
      say "the containers of $service that served before are gone: $staying stays"
      run docker start "$staying" || say "$staying does not start"
    }
  fi
  for id in $new_ids; do
    case " $* $staying " in *" $id "*) continue ;; esac
    # Whatever took it back, its own words go with it.
    say "the last lines of $service:"
    last_log "$id" 40
    run docker stop "$id"
    # With the anonymous volumes that were made for it; those that were handed on to it stay.
    run docker rm -f -v "$id"
  done
}

any_known() { # IDS ID…: one of the words of IDS is among the others
  some=$1
  shift
  for each in $some; do
    case " $* " in *" $each "*) return 0 ;; esac
  done
  return 1
}

# remove_container NAME: it is gone when this returns. Where `--rm` takes it away at the same moment, docker
# refuses to do it twice.
remove_container() {
  asked "$1" '{{.Id}}' || return 0
  ! run docker rm -f -v "$1" || return 0
  gone_by=$(($(now) + 10))
  while asked "$1" '{{.Id}}'; do
    [ "$(now)" -lt "$gone_by" ] || return 1
    sleep 0.2
  done
}

# remove_unused_networks PROJECT: after a first deploy that failed; volumes stay, they hold data.
remove_unused_networks() {
  unused_networks=$(docker network ls -q --filter "label=com.docker.compose.project=$1") || return
  for network in $unused_networks; do
    network_has=$(docker network inspect -f '{{len .Containers}}' "$network") || return
    [ "$network_has" != 0 ] || run docker network rm "$network"
  done
}

# put_contents CONTENTS ID…: gives containers that were created, and have not started yet, the files of their configs
# and secrets that are in no file of the host. Compose does it when it creates a container, or, by its version, only
# when it starts one, which we do ourselves. CONTENTS: lines `SERVICE MODE UID GID BASE64-OF-TARGET BASE64-OF-TEXT`.
put_contents() { [ -z "$1" ] || with_scratch put_each "$@"; }
put_each() { # CONTENTS ID…
  umask 077
  contents=$1
  shift
  for id; do
    of=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}}' "$id") || return
    printf '%s\n' "$contents" | while read -r service mode uid gid target text; do
      [ "$service" = "$of" ] || continue
      target=$(printf %s "$target" | base64 -d) && is_inside "$target" || exit
      target=./${target#/}
      # shellcheck disable=SC2154
      mkdir -p "$scratch/$(dirname "$target")" && printf %s "$text" | base64 -d >"$scratch/$target" || exit
      say "$ docker cp - $id:/  # $target"
      tar -C "$scratch" --numeric-owner --owner="$uid" --group="$gid" --mode="$mode" -cf - "$target" |
        docker cp - "$id:/" >&2 || exit
    done || return
  done
}

# is_inside PATH: fails where it may lead out of the directory below which it is laid out, or is no line.
is_inside() {
  case /$1/ in
    */../* | *"
"*) ;;
    *) return 0 ;;
  esac
  say "a config or secret has a target that is no plain path of the container: $1"
  return 1
}

# stop_containers ID…: together, each with its own grace period. That they were told so is noted first: who
# undoes it may come while they still finish.
stop_containers() {
  tell_of_stop "$@"
  run docker stop "$@"
}

# stop_timed ID…: the same, and tells how long their own end took.
stop_timed() {
  stop_began=$(hundredths)
  stop_containers "$@"
  say "stopped within $((($(hundredths) - stop_began) * 10)) ms"
}

# stop_aside ID…: the same, without waiting for their end; await_stopped does, and tells how it went.
stop_aside() {
  tell_of_stop "$@"
  say "$ docker stop $*"
  (
    code=0
    docker stop "$@" >/dev/null 2>"$STATE/journal/stopping/said" || code=$?
    echo "$code" >"$STATE/journal/stopping/code.new"
    mv -f "$STATE/journal/stopping/code.new" "$STATE/journal/stopping/code"
  ) </dev/null >/dev/null 2>&1 &
  note_process "$!" "$STATE/journal/stopping/process"
}

await_stopped() {
  while [ ! -e "$STATE/journal/stopping/code" ] && [ -n "$(process_of "$STATE/journal/stopping/process")" ]; do
    sleep 0.05
  done
  cat "$STATE/journal/stopping/said" >&2
  # Without one, whoever was to stop them has died.
  code=$(cat "$STATE/journal/stopping/code") || return
  return "$code"
}

tell_of_stop() { # ID…
  stand_by "$@" || say "a reboot would not start these again: $*"
  mkdir -p "$STATE/journal/stopping"
  for id in "$@"; do : >"$STATE/journal/stopping/$id"; done
}

# asked ID TEMPLATE: leaves in `asked_said` what the engine says of the container; fails where it has none of that name.
# Where the engine does not say, all ends here: one that is away must not be taken for one without the container.
asked() {
  asked_said=$(docker inspect -f "$2" "$1" 2>/dev/null) && return
  # Asked apart: where it answers, a warning of the client is none of its words.
  if asked_why=$(docker inspect -f '{{.Id}}' "$1" 2>&1 >/dev/null); then
    # It is there: once more, and now what the engine has against the question is for people.
    asked_said=$(docker inspect -f "$2" "$1") && return
    exit 1
  fi
  ! says_none "$asked_why" || return 1
  say "$asked_why"
  exit 1
}

is_there() { # ID: fails where somebody has removed the container
  asked "$1" '{{.Id}}' || {
    say "$1 is gone: somebody removed it"
    return 1
  }
}

runs() { # ID: fails where it does not run, or is gone
  asked "$1" '{{.State.Running}}' || return
  case $asked_said in *true) ;; *) return 1 ;; esac
}

# start_containers ID…: they run, also those that were told to stop and have not ended yet.
start_containers() {
  for id in "$@"; do
    is_there "$id" || continue
    if [ -e "$STATE/journal/stopping/$id" ]; then
      asked "$id" '{{or .Config.StopTimeout 10}}' || continue
      # Where nobody came to tell it, it never ends.
      timeout $((asked_said + 2)) docker wait "$id" >/dev/null || say "$id was not stopped, and goes on"
    fi
    runs "$id" || run docker start "$id"
    # Whoever comes next need not wait for its end.
    rm -f "$STATE/journal/stopping/$id"
    restart_as_meant "$id"
  done
}

# run_again ID…: those of the containers that ran, and that something has stopped meanwhile, run again: Compose stops
# what a service depends on, too, where it finds a network changed.
run_again() {
  halted=$(docker ps -aq --no-trunc --filter status=exited --filter status=created) || return
  for id in $halted; do
    case " $* " in *" $id "*) start_containers "$id" ;; esac
  done
}

# serve_again ID[:PORT]…: starts those that do not run, and waits until all are ready, at most a minute: from
# then on requests may go to them again.
serve_again() {
  # Ids and ports have no blanks: they are meant to be split.
  # shellcheck disable=SC2046
  start_containers $(for each in "$@"; do printf '%s ' "${each%%:*}"; done)
  ready_by=$(($(now) + 60))
  for each in "$@"; do
    id=${each%%:*} port=${each#*:}
    [ "$port" != "$each" ] || port=
    is_there "$id" || continue
    until is_ready "$id" "$port"; do
      if [ "$(now)" -ge "$ready_by" ]; then
        say "$id is not ready a minute after it was started again"
        break
      fi
      sleep 0.2
    done
  done
}
