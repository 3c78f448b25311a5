# Restart policies: what comes back when the host or its engine starts again. Until a release is proven that is the
# incumbents alone, from then on the candidates alone. The policy that a container is meant to have stands in
# journal/restart/ID meanwhile; those that nothing starts again have none.
# shellcheck shell=sh

# note_restart ID…: notes the policies, and leaves in `restarting` the containers that have one.
note_restart() {
  restarting=
  [ $# -gt 0 ] || return 0
  note_lines=$(docker inspect -f '{{.Id}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}' "$@") || return
  mkdir -p "$STATE/journal/restart" || return
  while read -r note_id note_policy note_most; do
    case $note_policy in
      always | unless-stopped) ;;
      on-failure) [ "$note_most" = 0 ] || note_policy=on-failure:$note_most ;;
      *) continue ;;
    esac
    restarting="$restarting $note_id"
    # What was changed since it was noted is not meant.
    [ -s "$STATE/journal/restart/$note_id" ] || write_whole "$STATE/journal/restart/$note_id" "$note_policy"
  done <<EOS
$note_lines
EOS
}

# restart_by POLICY ID…: the containers have that policy. It changes nothing of what runs.
restart_by() {
  restart_policy=$1
  shift
  [ $# = 0 ] || run docker update --restart "$restart_policy" "$@"
}

# hold_restart FIRST ID…: nothing starts these candidates again, but those of the services FIRST, beside which
# nothing served before.
hold_restart() {
  hold_first=$1
  shift
  [ $# -gt 0 ] || return 0
  hold_lines=$(docker inspect -f '{{.Id}} {{index .Config.Labels "com.docker.compose.service"}}' "$@") || return
  hold_ids=$(printf '%s\n' "$hold_lines" |
    while read -r hold_id hold_service; do
      case " $hold_first " in *" $hold_service "*) ;; *) printf '%s ' "$hold_id" ;; esac
    done)
  # Ids are hex: they are meant to be split.
  # shellcheck disable=SC2086
  note_restart $hold_ids
  # shellcheck disable=SC2086
  restart_by no $restarting
}

# stand_by ID…: incumbents that are told to stop come back with the engine, where they were to come back at all: it
# leaves those stopped that are `unless-stopped` and were told so.
stand_by() {
  note_restart "$@" || return
  # Ids are hex: they are meant to be split.
  # shellcheck disable=SC2086
  restart_by always $restarting
}

# restart_as_meant ID…: those of them that have a note.
restart_as_meant() {
  for meant_id in "$@"; do
    [ -s "$STATE/journal/restart/$meant_id" ] || continue
    restart_by "$(cat "$STATE/journal/restart/$meant_id")" "$meant_id"
  done
}

# prove_release RETIRED…: a reboot brings back the candidates, and no longer the incumbents, which are to be retired.
# A candidate that the engine has ended meanwhile runs again.
prove_release() {
  proven=
  for prove_note in "$STATE"/journal/restart/*; do
    prove_id=${prove_note##*/}
    case " $* " in *" $prove_id "*) continue ;; esac
    proven="$proven $prove_id"
  done
  [ "$proven" != ' *' ] || proven=
  # Ids are hex: they are meant to be split.
  # shellcheck disable=SC2086
  [ -z "$proven" ] || proven=$(present $proven) || return
  # shellcheck disable=SC2086
  restart_as_meant $proven
  prove_running=$([ -z "$proven" ] || docker ps -q --no-trunc) || return
  prove_running=" $(printf '%s' "$prove_running" | tr '\n' ' ') "
  for prove_id in $proven; do
    case $prove_running in *" $prove_id "*) ;; *) serve_again "$prove_id" ;; esac
  done
  [ $# != 0 ] || return 0
  prove_retired=$(present "$@") || return
  # shellcheck disable=SC2086
  restart_by no $prove_retired
}
