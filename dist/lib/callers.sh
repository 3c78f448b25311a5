# Callers: containers that are no proxy, and call a service by its name (a frontend that renders pages on the
# server calls its backend). Docker's DNS names a candidate from its first second; a pin in their /etc/hosts
# keeps them at the incumbents until the candidates are ready, and away from an incumbent that stops. Those that
# hold pins stand in journal/callers; where one cannot be pinned (an image without a shell), that is told.
#
# Lines: `CALLER SERVICE NETWORK IDS NAMES`, a word each; IDS and NAMES are separated by commas, IDS may be `-`.
# shellcheck shell=sh

# pin_callers PROJECT LINES [KNOWN]: every container of each CALLER calls the containers IDS of each SERVICE and,
# where KNOWN is given, those that run and are not among the ids of KNOWN.
pin_callers() {
  mkdir -p "$STATE/journal/callers"
  callers=$(printf '%s\n' "$2" | cut -d' ' -f1 | sort -u)
  callers_code=0 callers_pids=
  for caller in $callers; do
    caller_pins=$(caller_pins "$1" "$caller" "$2" ${3+"$3"}) || return
    caller_ids=$(running_of "$1" "$caller") || return
    for id in $caller_ids; do
      pin_caller "$id" "$caller" "$caller_pins" &
      callers_pids="$callers_pids $!"
    done
  done
  for callers_pid in $callers_pids; do wait "$callers_pid" || callers_code=$?; done
  return "$callers_code"
}

running_of() { # PROJECT SERVICE
  docker ps -q --no-trunc --filter "label=com.docker.compose.project=$1" \
    --filter "label=com.docker.compose.service=$2" --filter label=com.docker.compose.oneoff=False
}

caller_pins() { # PROJECT CALLER LINES [KNOWN]
  printf '%s\n' "$3" | while read -r caller service network ids names; do
    [ "$caller" = "$2" ] || continue
    called=$(printf '%s' "${ids#-}" | tr , ' ')
    if [ $# = 4 ]; then
      service_ids=$(running_of "$1" "$service") || exit
      for id in $service_ids; do
        case " $4 " in *" $id "*) ;; *) called="$called $id" ;; esac
      done
    fi
    for id in $called; do printf '%s %s %s\n' "$id" "$network" "$(printf '%s' "$names" | tr , ' ')"; done
  done >"$STATE/journal/callers/routes-$2" || return
  pins_of "$(cat "$STATE/journal/callers/routes-$2")"
}

# One that holds pins already must take the new ones: what it holds leads to containers that will be gone.
pin_caller() { # CONTAINER NAME PINS
  if [ -n "$3" ] && write_pins "$1" "$3"; then
    : >"$STATE/journal/callers/$1"
    return
  fi
  runs "$1" || return 0
  [ ! -e "$STATE/journal/callers/$1" ] || return 1
  say "$2 ($1) cannot be held: it may call a container that is not ready, or that stops"
}

unpin_callers() {
  [ -d "$STATE/journal/callers" ] || return 0
  for pinned_caller in "$STATE/journal/callers"/*; do
    case $pinned_caller in */routes-* | *'*') continue ;; esac
    unpin "${pinned_caller##*/}" || return
    rm -f "$pinned_caller"
  done
}
