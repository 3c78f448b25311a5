# In front of the library of an instrumented copy of the action (instrument.ts): every function of it calls this first.
# Without the directory below, which only a chaos run makes, it does nothing.
# shellcheck shell=sh
TRACED=/srv/chaos

# traced FUNCTION ARGUMENT…
traced() {
  [ -d "$TRACED" ] || return 0
  # Who watches a run is none of its steps.
  case $0 in *watchdog.sh) return 0 ;; esac
  [ ! -e "$TRACED/record" ] || traced_record "$@"
  if [ ! -e "$TRACED/stop" ] || [ -e "$TRACED/reached" ]; then return 0; fi
  traced_is_wanted "$1" || return 0
  mkdir "$TRACED/reached" 2>/dev/null || return 0
  # That of the shell, and of the subshell of it that this is called in.
  read -r traced_own _ </proc/self/stat
  echo "$$ $traced_own" >"$TRACED/reached/pids"
  until [ -e "$TRACED/go" ]; do sleep 0.02; done
}

# A line `FUNCTION TAB ENTRY…`: what stands in the state directory when it is called.
traced_record() {
  [ ! -e "${STATE-}/journal/forward.sh" ] || [ -e "$TRACED/forward.sh" ] ||
    cp "$STATE/journal/forward.sh" "$TRACED/forward.sh" 2>/dev/null || :
  [ "$1" != critical ] || printf '%s\n' "$2" >>"$TRACED/critical"
  traced_line=$1
  for traced_entry in "${STATE-}"/lease "${STATE-}"/lease/* "${STATE-}"/armed "${STATE-}"/journal.over \
    "${STATE-}"/journal "${STATE-}"/journal/* "${STATE-}"/journal/*/*; do
    [ ! -e "$traced_entry" ] || traced_line="$traced_line	${traced_entry#"${STATE-}"/}"
  done
  printf '%s\n' "$traced_line" >>"$TRACED/trace"
}

# The file `stop` has `entry PATTERN` (paths of the state directory), `without PATTERN OTHER` (the first is gone, the
# other is there) or `call FUNCTION OTHER`.
traced_is_wanted() { # FUNCTION
  read -r traced_kind traced_what traced_other <"$TRACED/stop" || return 1
  # A pattern is meant to be expanded.
  # shellcheck disable=SC2086
  case $traced_kind in
    call) [ "$1" = "$traced_what" ] && traced_exists "$STATE"/$traced_other ;;
    entry) traced_exists "$STATE"/$traced_what ;;
    without) ! traced_exists "$STATE"/$traced_what && traced_exists "$STATE"/$traced_other ;;
  esac
}

traced_exists() { [ -e "$1" ]; }
