# How a container is. Its own healthcheck is run now: Docker's health state moves once an interval, which
# is 30 s by default: too slow to wait for.
# shellcheck shell=sh

# look_at ID: sets `kind` (of its healthcheck, NONE without one), `retries`, `health` (Docker's word, or
# `-`), and `reason`: why it will not serve, empty where it may.
look_at() {
  reason=
  # shellcheck disable=SC2034
  read -r status restarts code oom health retries kind <<EOS
$(docker inspect -f '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.OOMKilled}} {{with .State.Health}}{{.Status}}{{else}}-{{end}} {{with .Config.Healthcheck}}{{.Retries}} {{if .Test}}{{index .Test 0}}{{else}}NONE{{end}}{{else}}0 NONE{{end}}' "$1" || :)
EOS
  case $status in
    '') reason='it is gone' ;;
    exited | dead | restarting) reason="it exited with $code" ;;
    running) [ "$restarts" = "$(forgiven "$1")" ] || reason='it exited and was restarted' ;;
    *) reason="it is $status" ;;
  esac
  [ -z "$reason" ] || [ "$oom" != true ] || reason="$reason, out of memory"
}

# How often a container has started over without harm: nothing of its service had served before.
forgiven() { cat "$STATE/journal/restarts/$1" 2>/dev/null || echo 0; } # ID
forgive() { # ID RESTARTS
  mkdir -p "$STATE/journal/restarts"
  echo "$2" >"$STATE/journal/restarts/$1"
}

# healthcheck ID KIND SECONDS: one attempt, no longer than that. KIND is the first word of its test.
healthcheck() {
  case $2 in
    CMD-SHELL)
      timeout "$3" docker exec "$1" /bin/sh -c "$(docker inspect -f '{{index .Config.Healthcheck.Test 1}}' "$1")"
      ;;
    *)
      # Docker's own template quotes the words for the shell.
      words=$(docker inspect -f "{{range \$i, \$word := .Config.Healthcheck.Test}}{{if \$i}}'{{join (split \$word \"'\") \"'\\\\''\"}}' {{end}}{{end}}" "$1")
      eval "timeout \"\$3\" docker exec \"\$1\" $words"
      ;;
  esac
}

# is_ready ID: one attempt. Its own healthcheck passes, or, where it has none, it runs.
is_ready() {
  look_at "$1"
  [ "$status" = running ] || return 1
  [ "$kind" = NONE ] || healthcheck "$1" "$kind" 30
}

# last_words SERVICE ID REASON FILE: what the container wrote last, and its healthcheck into FILE.
last_words() {
  say "$1 $3. Its last lines:"
  docker logs --tail 40 "$2" >&2 || say '(it has no log)'
  [ ! -s "$4" ] || { say "the healthcheck of $1 said:" && tail -n 10 "$4" >&2; }
}
