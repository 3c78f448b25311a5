# Traefik follows Docker: it sends requests to containers whose health is `healthy`, and hears of no
# more than their health. It collects what it hears for 2 s (providersThrottleDuration).
# shellcheck shell=sh

TRAEFIK_NOTICES=2.5

# await_health STATE ID…: waits until Docker says STATE of each, at most 2 minutes; containers without
# a healthcheck, and those that somebody has removed, are left out.
await_health() {
  wanted=$1
  shift
  health_deadline=$(($(now) + 120))
  for id in "$@"; do
    while :; do
      health=$(inspect_container "$id" '{{with .State.Health}}{{.Status}}{{end}}') || {
        [ $? = 124 ] || break
        health=unknown
      }
      case $health in "$wanted" | '') break ;; esac
      if [ "$(now)" -ge "$health_deadline" ]; then
        say "$id is still $health, not $wanted, after 2 minutes"
        return 1
      fi
      sleep 0.2
    done
  done
}

# withdraw FILE ID…: the containers' healthchecks fail from now on; returns when Traefik has left them out.
withdraw() {
  drain_file=$1
  shift
  [ $# -gt 0 ] || return 0
  for id in "$@"; do run_in -e "PATH=$ROOT_PATH" -u 0 "$id" touch "$drain_file"; done
  await_health unhealthy "$@"
  sleep "$TRAEFIK_NOTICES"
}

# admit FILE ID…: undoes withdraw.
admit() {
  drain_file=$1
  shift
  for id in "$@"; do run_in -e "PATH=$ROOT_PATH" -u 0 "$id" rm -f "$drain_file"; done
  await_health healthy "$@"
  sleep "$TRAEFIK_NOTICES"
}

# withdraw_new PROJECT SERVICE FILE ID…: withdraws what runs of the service, all but these; harmless
# where that is nothing. What never became healthy never got a request.
withdraw_new() {
  new_project=$1 new_service=$2 new_file=$3
  shift 3
  leaving=
  withdrawn_ids=$(container_ids "$new_project" "$new_service") || return
  for id in $withdrawn_ids; do
    case " $* " in *" $id "*) continue ;; esac
    asked "$id" '{{.State.Running}} {{with .State.Health}}{{.Status}}{{end}}' || continue
    # shellcheck disable=SC2154
    [ "$asked_said" = 'true healthy' ] || continue
    leaving="$leaving $id"
  done
  # shellcheck disable=SC2086
  withdraw "$new_file" $leaving
}
