# Undoes what the journal holds, newest first; or, past the point of no return, finishes it. The one
# rollback: the runner, its post step, the watchdog and the next deploy all run this. It waits for the engine,
# tries again what fails, and keeps the lease FENCE meanwhile.
# Run it through `abort_now`. Vars: STATE LIBRARY FENCE RESEE_ENGINE_PATIENCE RESEE_UNDO_ATTEMPTS (the last two have defaults).
# Returns 0: the stack is whole. Returns 1: what could not be undone stays in the journal.
# shellcheck shell=sh
set -u
. "$LIBRARY/lib.sh"

: "${RESEE_UNDO_ATTEMPTS:=3}"

# perform SCRIPT: runs a script of the journal to its proven end, RESEE_UNDO_ATTEMPTS times at most; sets `left` to 1
# where it did not get there. Never call it as a condition: see run_whole.
perform() {
  attempt=1 pause=1
  while :; do
    # Waited for once: whoever comes next goes on.
    await_engine "$RESEE_ENGINE_PATIENCE" || RESEE_ENGINE_PATIENCE=0
    run_whole "$1"
    performed=$?
    [ "$performed" != 0 ] || return
    # It may be for want of room.
    rm -f "$STATE/reserve"
    if [ "$attempt" -ge "$RESEE_UNDO_ATTEMPTS" ]; then
      left=1
      return
    fi
    attempt=$((attempt + 1))
    say "it is tried again in $pause s"
    sleep "$pause"
    pause=$((pause * 4))
  done
}

undo_all() {
  newest_first=
  for entry in "$STATE"/journal/*.sh; do
    [ ! -e "$entry" ] || newest_first="$(basename "$entry") $newest_first"
  done
  incomplete=0
  for entry in $newest_first; do
    say "undo $(basename "$entry" .sh)"
    left=0
    perform "$STATE/journal/$entry"
    if [ "$left" = 0 ]; then
      rm -f "$STATE/journal/$entry"
    else
      say "could not undo $entry:"
      sed 's/^/    /' "$STATE/journal/$entry" >&2
      incomplete=1
    fi
  done
  [ "$incomplete" = 1 ] || end_journal
  return "$incomplete"
}

[ -d "$STATE/journal" ] || return 0
keep_lease_beside
if [ -e "$STATE/journal/forward.sh" ]; then
  say 'finishing the release that was interrupted while it retired the old one'
  answer finished
  left=0
  # cut_over_again reads it.
  # shellcheck disable=SC2034
  RESEE_FINISHES_FOR_ANOTHER=yes
  perform "$STATE/journal/forward.sh"
else
  undo_all
  left=$?
fi
[ -z "$kept_by" ] || kill "$kept_by" 2>/dev/null
return "$left"
