# Undoes what the journal holds, newest first; or, past the point of no return, finishes it. The one
# rollback: the runner, its post step, the watchdog and the next deploy all run this. It waits for the engine, and
# tries again what fails.
# Run it through `abort_now`. Vars: STATE RESEE_ENGINE_PATIENCE RESEE_UNDO_ATTEMPTS (both have defaults). Exit 0: the stack is whole.
# Exit 1: what could not be undone stays in the journal.
# shellcheck shell=sh
set -u
. "$STATE/bin/lib.sh"

: "${RESEE_ENGINE_PATIENCE:=600}" "${RESEE_UNDO_ATTEMPTS:=3}"

# perform SCRIPT: runs a script of the journal to its proven end, RESEE_UNDO_ATTEMPTS times at most; sets `left` to 1
# where it did not get there. Never call it as a condition: bash then goes on after a command that failed.
perform() {
  if ! is_whole "$1"; then
    say "$1 was not written whole"
    left=1
    return
  fi
  attempt=1 pause=1
  while :; do
    ended=0
    await_engine "$RESEE_ENGINE_PATIENCE"
    # shellcheck disable=SC1090
    (. "$1") &
    wait "$!" || ended=$?
    [ "$ended" != 0 ] || return
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

[ -d "$STATE/journal" ] || exit 0
if [ -e "$STATE/journal/forward.sh" ]; then
  say 'finishing the release that was interrupted while it retired the old one'
  answer finished
  left=0
  perform "$STATE/journal/forward.sh"
  exit "$left"
fi
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
exit "$incomplete"
