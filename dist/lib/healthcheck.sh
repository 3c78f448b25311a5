# How a container is. Its own healthcheck is run now: Docker's health state moves once an interval, which
# is 30 s by default: too slow to wait for.
# shellcheck shell=sh

# look_at ID: sets `kind` (of its healthcheck, NONE without one), `retries`, `health` (Docker's word, or
# `-`), and `reason`: why it will not serve, empty where it may.
look_at() { judge_state "$1" "$(inspect_container "$1" "$STATE_TEMPLATE" || { [ $? != 124 ] || echo unanswered; })"; }

STATE_TEMPLATE='{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.OOMKilled}} {{with .State.Health}}{{.Status}}{{else}}-{{end}} {{with .Config.Healthcheck}}{{.Retries}} {{if .Test}}{{index .Test 0}}{{else}}NONE{{end}}{{else}}0 NONE{{end}}'

# The same, of what the engine has said of it by STATE_TEMPLATE; nothing where it has no such container.
judge_state() { # ID TEXT
  reason=
  # shellcheck disable=SC2034
  read -r status restarts code oom health retries kind <<EOS
$2
EOS
  case $status in
    '') reason='it is gone' ;;
    unanswered) reason='the Docker Engine does not answer' ;;
    exited | dead | restarting) reason="it exited with $code" ;;
    running) [ "$restarts" = "$(forgiven "$1")" ] || reason='it exited and was restarted' ;;
    *) reason="it is $status" ;;
  esac
  # It has done its work: nothing of it is checked any more.
  # shellcheck disable=SC2034
  [ "$status$code" != exited0 ] || ! may_end "$1" || { reason='' kind=NONE health=-; }
  [ -z "$reason" ] || [ "$oom" != true ] || reason="$reason, out of memory"
}

# inspect_container ID TEMPLATE: fails where there is no such container, with 124 where the engine hangs or stays away.
inspect_container() {
  inspected_since=$(now)
  while :; do
    inspected=0
    # Apart: where it fails it prints an empty line, which is no answer.
    inspected_said=$(docker inspect -f "$2" "$1" 2>/dev/null) || inspected=$?
    case $inspected in
      0)
        printf '%s\n' "$inspected_said"
        return
        ;;
      124) return 124 ;;
    esac
    inspected_why=$(docker inspect -f '{{.Id}}' "$1" 2>&1 >/dev/null) || ! says_none "$inspected_why" || return 1
    [ $(($(now) - inspected_since)) -lt "$ENGINE_AWAY" ] || return 124
    sleep 0.3
  done
}

# How often a container has started over without harm: nothing of its service had served before.
forgiven() { cat "$STATE/journal/restarts/$1" 2>/dev/null || echo 0; } # ID
forgive() { # ID RESTARTS
  mkdir -p "$STATE/journal/restarts"
  echo "$2" >"$STATE/journal/restarts/$1"
}

# Containers that may end with 0: of a service that had none, or says so, without a port or a healthcheck (but for one
# that comes with the image: yes), and nothing starts it again. Whoever waits for a release does not know of each one-shot what it is.
may_end() { [ -e "$STATE/journal/may-end/$1" ]; } # ID
note_may_end() { # ID [yes]
  case $(inspect_container "$1" '{{.HostConfig.RestartPolicy.Name}}/{{len .HostConfig.PortBindings}}/{{with .Config.Healthcheck}}{{if .Test}}{{index .Test 0}}{{end}}{{end}}') in
    /0/ | no/0/ | on-failure/0/ | /0/NONE | no/0/NONE | on-failure/0/NONE) ;;
    /0/* | no/0/* | on-failure/0/*) [ "${2-}" = yes ] || return 0 ;;
    *) return 0 ;;
  esac
  mkdir -p "$STATE/journal/may-end"
  : >"$STATE/journal/may-end/$1"
}

# What a healthcheck runs: a line with its timeout in nanoseconds, then its words, quoted for the shell.
# CMD-SHELL goes to the image's SHELL. Docker's own template quotes the words.
QUOTED_WORD="'{{join (split \$word \"'\") \"'\\\\''\"}}' "
HEALTHCHECK_TEMPLATE="{{with .Config.Healthcheck}}{{printf \"%d\" .Timeout}}
{{if eq (index .Test 0) \"CMD-SHELL\"}}{{with \$.Config.Shell}}{{range \$word := .}}$QUOTED_WORD{{end}}{{else}}/bin/sh -c {{end}}{{end}}\
{{range \$i, \$word := .Test}}{{if \$i}}$QUOTED_WORD{{end}}{{end}}{{end}}"

# healthcheck ID [SECONDS]: one attempt, as Docker makes it: its user, directory and environment, its own
# timeout (30 s by default), and no start_period. An attempt that was broken off after SECONDS, before its own
# timeout, returns 125: it decides nothing.
healthcheck() {
  checked=$(inspect_container "$1" "$HEALTHCHECK_TEMPLATE") || return
  check_words=${checked#*
}
  check_timeout=${checked%%
*}
  # What follows is run here: nothing but what the template made.
  case $check_timeout in '' | *[!0-9]*) return 1 ;; esac
  check_seconds=$(((check_timeout + 999999999) / 1000000000))
  [ "$check_seconds" -gt 0 ] || check_seconds=30
  check_limit=$check_seconds
  [ -z "${2-}" ] || [ "$2" -ge "$check_seconds" ] || check_limit=$2
  check_code=0
  eval "exec_attempts \"\$check_limit\" /dev/null \"\$1\" $check_words" || check_code=$?
  [ "$check_code" = 124 ] || return "$check_code"
  [ "$check_limit" = "$check_seconds" ] || return 125
  echo "it took longer than its timeout of $check_seconds s"
  return 124
}

# is_ready ID [PORT]: one attempt. Its own healthcheck passes, or, where it has none, its port accepts, or it runs.
is_ready() {
  look_at "$1"
  [ "$status" = running ] || return 1
  if [ "$kind" != NONE ]; then
    healthcheck "$1" >&2
  elif [ -n "${2-}" ]; then
    # shellcheck disable=SC2046
    accepts "$2" $(addresses_in $(inspect_container "$1" '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}} {{end}}')) 2>/dev/null
  fi
}

# accepts PORT ADDRESS…: one of them takes a connection: not every network of a container can be reached from the host
# (overlay, macvlan). Without bash the host cannot try.
accepts() {
  command -v bash >/dev/null || return 0
  accepting=$1
  shift
  for address; do
    ! timeout 2 bash -c ': <"/dev/tcp/$1/$2"' accepts "$address" "$accepting" || return 0
  done
  return 1
}

# last_words SERVICE ID REASON FILE: what the container wrote last, and its healthcheck into FILE.
last_words() {
  say "$1 $3. Its last lines:"
  last_log "$2" 40
  [ ! -s "$4" ] || { say "the healthcheck of $1 said:" && tail -n 10 "$4" | tail -c 40960 >&2; }
}
