# Undoes what the journal holds, newest first; or, past the point of no return, finishes it. The one
# rollback: the runner, its post step, the watchdog and the next deploy all run this.
# Run it through `abort_now`. Vars: STATE. Exit 0: the stack is whole. Exit 1: what could not be undone stays in the journal.
# shellcheck shell=sh
set -u
. "$STATE/bin/lib.sh"

[ -d "$STATE/journal" ] || exit 0
if [ -e "$STATE/journal/forward.sh" ]; then
  say 'finishing the release that was interrupted while it retired the old one'
  answer finished
  (. "$STATE/journal/forward.sh")
  exit
fi
left=0
newest_first=
for entry in "$STATE"/journal/*.sh; do
  [ ! -e "$entry" ] || newest_first="$(basename "$entry") $newest_first"
done
for entry in $newest_first; do
  say "undo $(basename "$entry" .sh)"
  if sh "$STATE/journal/$entry"; then
    rm -f "$STATE/journal/$entry"
  else
    say "could not undo $entry:"
    sed 's/^/    /' "$STATE/journal/$entry" >&2
    left=1
  fi
done
[ "$left" = 1 ] || rm -rf "$STATE/journal"
exit "$left"
