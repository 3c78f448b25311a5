# Waits until every candidate is ready, at most TIMEOUT seconds: its own healthcheck passes, or, where
# it has none, its port accepts (or it has run for 3 s). Docker's health state moves once an interval,
# which is 30 s by default: too slow to wait for.
# Vars: CANDIDATES (lines `service id address port`, address and port may be `-`) TIMEOUT
# Exit 71: one is not ready; prints `failed SERVICE ID REASON`.
# shellcheck shell=sh

# One attempt of the container's own healthcheck.
healthcheck() {
  case $2 in
    CMD-SHELL)
      timeout 30 docker exec "$1" /bin/sh -c "$(docker inspect -f '{{index .Config.Healthcheck.Test 1}}' "$1")"
      ;;
    *)
      # Docker's own template quotes the words for the shell.
      words=$(docker inspect -f "{{range \$i, \$word := .Config.Healthcheck.Test}}{{if \$i}}'{{join (split \$word \"'\") \"'\\\\''\"}}' {{end}}{{end}}" "$1")
      eval "timeout 30 docker exec \"\$1\" $words"
      ;;
  esac
}

fail() { # SERVICE ID REASON
  printf 'failed %s %s %s\n' "$1" "$2" "$3"
  say "$1 is not ready: $3. Its last lines:"
  docker logs --tail 40 "$2" >&2
  [ ! -s "$answer" ] || { say 'its healthcheck said:' && tail -n 10 "$answer" >&2; }
  exit 71
}

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
deadline=$(($(now) + TIMEOUT))
pending=$CANDIDATES
while [ -n "$pending" ]; do
  waiting=
  while read -r service id address port; do
    [ -n "$id" ] || continue
    read -r status restarts code kind <<EOS
$(docker inspect -f '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{with .Config.Healthcheck}}{{if .Test}}{{index .Test 0}}{{end}}{{end}}' "$id")
EOS
    case $status in
      exited | dead | restarting) fail "$service" "$id" "it exited with $code" ;;
    esac
    [ "$restarts" = 0 ] || fail "$service" "$id" "it exited and was restarted"
    case ${kind:-NONE} in
      NONE)
        if [ "$port" != - ]; then
          timeout 2 bash -c ": </dev/tcp/$address/$port" 2>"$answer" && continue
        else
          : "${settled:=$(now)}"
          [ $(($(now) - settled)) -lt 3 ] || continue
        fi
        ;;
      *) ! healthcheck "$id" "$kind" >"$answer" 2>&1 || continue ;;
    esac
    [ "$(now)" -lt "$deadline" ] || fail "$service" "$id" "not ready within $TIMEOUT s"
    waiting="$waiting$service $id $address $port
"
  done <<EOS
$pending
EOS
  pending=$waiting
  [ -z "$pending" ] || sleep 0.2
done
