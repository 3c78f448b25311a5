# Follows up.sh: stops what must be gone before, starts the `new` containers, and prints their
# `docker inspect`. Leaves in CANDIDATES what ready.sh waits for. Until the release is proven, a reboot starts none of
# them but those of the services FIRST.
# Vars: new STOP CONTENTS (see put_contents) HOOKS TIMEOUT (see run_hooks) FIRST PORTS (lines `service port`, the port may be `-`)
# shellcheck shell=sh
# What follows reads it.
# shellcheck disable=SC2034
CANDIDATES=
# Ids are hex: they are meant to be split.
# shellcheck disable=SC2034,SC2086
if [ -n "$new" ]; then
  hold_restart "$FIRST" $new
  put_contents "$CONTENTS" $new
  [ -z "$STOP" ] || stop_containers $STOP
  run docker start $new
  run_hooks "$TIMEOUT" "$HOOKS" $new
  begun=$(docker inspect $new) || exit
  printf '%s\n' "$begun" | answer_lines
  begun=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}} {{end}}' $new) || exit
  CANDIDATES=$(printf '%s\n' "$begun" |
    while read -r service id found; do
      # shellcheck disable=SC2046
      addresses=$(addresses_in $found | paste -sd , -)
      port=$(printf '%s' "$PORTS" | awk -v service="$service" '$1 == service {print $2}')
      if [ -z "$addresses" ] || [ "$port" = - ]; then addresses=- port=-; fi
      printf '%s %s %s %s\n' "$service" "$id" "$addresses" "$port"
    done)
fi
