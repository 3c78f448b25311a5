# Watches the candidates for HUNDREDTHS_TO_SOAK (1/100 s): one that exits, restarts or turns unhealthy fails the
# release. Unhealthy is what Docker says, or its own healthcheck, run here every other second: so many
# failures in a row as the healthcheck's `retries` (3 by default), so one alone is forgiven.
# Prints in the end what the proxies' access logs hold of real requests, before the cutover and since.
# Vars: CANDIDATES (lines `service id`) HUNDREDTHS_TO_SOAK; GOES_ON (not empty: what visitors get is counted from
#   where the soak before this began, also while nobody watched); CHECK_EVERY (seconds, 2 if it is not given)
#   PROXIES (lines `id file…`: where the access logs are, if they are not the container's own output)
# Exit 72; prints `failed SERVICE ID REASON` for each that did not survive.
# shellcheck shell=sh

# Fails where the container has failed its healthcheck too often in a row.
stays_healthy() { # ID RETRIES
  check_left=$(((deadline - $(hundredths)) / 100))
  # A check that hangs must not hold up the others, or the end of the soak.
  [ "$check_left" -ge "$SHORTEST_CHECK" ] || check_left=$SHORTEST_CHECK
  check_ended=0
  healthcheck "$1" "$check_left" >"$work/$1.said" 2>&1 || check_ended=$?
  case $check_ended in
    0) rm -f "$work/$1.said" "$work/$1.bad" && return 0 ;;
    125) return 0 ;;
  esac
  echo >>"$work/$1.bad"
  [ "$(wc -l <"$work/$1.bad")" -lt "$2" ]
}
SHORTEST_CHECK=10

# What is wrong with the container: sets `reason`, empty where nothing is.
judge() { # ID
  look_at "$1"
  [ -z "$reason" ] || return 0
  if [ "$health" = unhealthy ]; then
    reason='its healthcheck fails'
  elif [ "$check" = yes ] && [ "$kind" != NONE ]; then
    [ "$retries" -gt 0 ] || retries=3
    stays_healthy "$1" "$retries" || reason="its healthcheck failed $retries times in a row"
  fi
}

health='' kind=''
soaks=$STATE/journal/soaks-since
if [ -z "${GOES_ON-}" ] || [ ! -e "$soaks" ]; then
  mkdir -p "$STATE/journal"
  date +%s >"$soaks"
fi
soak_from=$(cat "$soaks")
work=$(scratch_directory)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM PIPE
deadline=$(($(hundredths) + HUNDREDTHS_TO_SOAK))
check_at=0
: "${CHECK_EVERY:=2}"
while :; do
  looking=$(hundredths)
  failed='' check=''
  if [ "$(now)" -ge "$check_at" ]; then
    check=yes
    check_at=$(($(now) + CHECK_EVERY))
  fi
  while read -r service id; do
    [ -n "$id" ] || continue
    judge "$id"
    [ -n "$reason" ] || continue
    failed=yes
    answer failed "$service" "$id" "$reason"
    last_words "$service" "$id" "did not survive the soak: $reason" "$work/$id.said"
  done <<EOS
$CANDIDATES
EOS
  [ -z "$failed" ] || exit 72
  note_drained || :
  looked=$(($(hundredths) - looking))
  # One that hung says nothing of the next.
  [ "$looked" -lt 20 ] || looked=20
  left=$((deadline - $(hundredths)))
  [ "$left" -gt 0 ] || break
  # The last look ends with the soak, instead of beginning then.
  pause=$((left - looked))
  if [ "$pause" -le 0 ]; then
    sleep "0.$(printf %02d "$left")"
    break
  fi
  [ "$pause" -lt 50 ] || pause=50
  sleep "0.$(printf %02d "$pause")"
done
# How many requests came must never fail a release: only what they got may, and that is not decided here.
cut_over_at=$(cat "$STATE/journal/cut-over-at" 2>/dev/null || echo "$soak_from")
[ -z "${PROXIES-}" ] || traffic "$PROXIES" "$soak_from" "$cut_over_at" || :
