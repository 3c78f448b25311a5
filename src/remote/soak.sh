# Watches the candidates for HUNDREDTHS_TO_SOAK (1/100 s): one that exits, restarts or turns unhealthy fails the
# release. Unhealthy is what Docker says, or its own healthcheck, run here every other second: so many
# failures in a row as the healthcheck's `retries` (3 by default), so one alone is forgiven. A check that takes long
# holds up nothing else. Where the release fails, STOPPED (incumbents that have stopped) are started at once: going
# back waits for them.
# Prints in the end what the proxies' access logs hold of real requests, before the cutover and since, or why they were
# not read: see traffic.
# Vars: CANDIDATES (lines `service id`) HUNDREDTHS_TO_SOAK; STOPPED (ids); GOES_ON (not empty: what visitors get is counted from
#   where the soak before this began, also while nobody watched); CHECK_EVERY (seconds, 2 if it is not given)
#   PROXIES (lines `id file…`: where the access logs are, if they are not the container's own output)
# Exit 72; prints `failed SERVICE ID REASON` for each that did not survive.
# shellcheck shell=sh

# Checks the container, aside, unless its last check goes on. A line in ID.bad is one that failed.
check_aside() { # ID
  [ ! -e "$work/$1.checking" ] || return 0
  check_left=$(((deadline - $(hundredths)) / 100))
  # One that has only just begun when the soak ends is waited for, but not for long.
  [ "$check_left" -ge "$SHORTEST_CHECK" ] || check_left=$SHORTEST_CHECK
  : >"$work/$1.checking"
  (
    check_ended=0
    healthcheck "$1" "$check_left" >"$work/$1.says" 2>&1 || check_ended=$?
    case $check_ended in
      0) rm -f "$work/$1.said" "$work/$1.bad" ;;
      125) ;;
      *) mv "$work/$1.says" "$work/$1.said" && echo >>"$work/$1.bad" ;;
    esac
    rm -f "$work/$1.checking"
  ) </dev/null >/dev/null 2>&1 &
}
SHORTEST_CHECK=10

# What is wrong with the container that was just looked at, into `failed`.
judge() { # SERVICE ID
  if [ -z "$reason" ] && [ "$health" = unhealthy ]; then
    reason='its healthcheck fails'
  elif [ -z "$reason" ] && [ "$kind" != NONE ]; then
    [ "$retries" -gt 0 ] || retries=3
    [ ! -e "$work/$2.bad" ] || [ "$(wc -l <"$work/$2.bad")" -lt "$retries" ] ||
      reason="its healthcheck failed $retries times in a row"
    checked="$checked $2"
  fi
  note_dead "$1" "$2"
}

checks_go_on() {
  for check_of in "$work"/*.checking; do [ ! -e "$check_of" ] || return 0; done
  return 1
}

reason='' health='' kind='' failed=''
soaks=$STATE/journal/soaks-since
if [ -z "${GOES_ON-}" ] || [ ! -e "$soaks" ]; then
  mkdir -p "$STATE/journal"
  date +%s >"$soaks"
  now >"$STATE/journal/soaks-uptime"
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
  failed='' checked=''
  # Asked before the look: what a check has found that ends meanwhile, the next look tells.
  checking=no
  ! checks_go_on || checking=yes
  inspect_each "$CANDIDATES" judge
  if [ -n "$failed" ]; then
    # Ids are hex: they are meant to be split.
    # shellcheck disable=SC2086
    [ -z "${STOPPED-}" ] || (start_containers $STOPPED) || :
    tell_dead "$failed" "$work"
    exit "$CANDIDATE_DIED"
  fi
  left=$((deadline - $(hundredths)))
  if [ "$left" -gt 0 ] && [ "$(now)" -ge "$check_at" ]; then
    for id in $checked; do check_aside "$id" && checking=yes; done
    check_at=$(($(now) + CHECK_EVERY))
  fi
  note_drained || :
  looked=$(($(hundredths) - looking))
  # One that hung says nothing of the next.
  [ "$looked" -lt 20 ] || looked=20
  left=$((deadline - $(hundredths)))
  if [ "$left" -le 0 ]; then
    [ "$checking" = yes ] || break
    left=10
  fi
  # The last look ends with the soak, instead of beginning then.
  pause=$((left - looked))
  if [ "$pause" -le 0 ]; then
    sleep "0.$(printf %02d "$left")"
    [ "$checking" = yes ] || break
    continue
  fi
  [ "$pause" -lt 50 ] || pause=50
  sleep "0.$(printf %02d "$pause")"
done
# How many requests came must never fail a release: only what they got may, and that is not decided here.
cut_over_at=$(cat "$STATE/journal/cut-over-at" 2>/dev/null || echo "$soak_from")
[ -z "${PROXIES-}" ] ||
  traffic "$PROXIES" "$soak_from" "$cut_over_at" "$(cat "$STATE/journal/soaks-uptime" 2>/dev/null)" || :
