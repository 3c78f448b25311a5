# Ends what this run still does on the host, undoes it, and gives the lease back. Does nothing where
# the lease is not ours any more: then somebody else has done it. Vars: STATE LIBRARY FENCE RUN
# shellcheck shell=sh
[ -e "$LIBRARY/lib.sh" ] || exit 0
. "$LIBRARY/lib.sh"

# A record under our fence: the release was finished, whoever did it, and it serves.
tell_finished() {
  for record in "$STATE/releases/$(printf '%08d' "$FENCE")"-*.json; do
    [ ! -e "$record" ] || answer finished
  done
}

# Nothing of this run is left in the state directory, whatever it was about.
clear_run() {
  end_group "$STATE/stage/$RUN/session"
  rm -rf "$STATE/stage/$RUN"
  sweep_scratch
  forget_commit "$RUN"
}

if ! lease_is_ours "$FENCE"; then
  await_critical
  tell_finished
  clear_run
  # Whoever has it now has undone what we did, or is about to; a journal without a lease was given up.
  [ ! -d "$STATE/journal" ] || [ -d "$STATE/lease" ]
  exit
fi
lease_resume "$FENCE" "$UNDO_LEASE_SECONDS"
end_session
code=0
abort_now || code=$?
tell_finished
if [ "$code" != 0 ]; then
  say 'the host goes on trying until it is done'
  lease_lapse "$FENCE"
  start_watchdog
  exit "$code"
fi
clear_run
lease_release "$FENCE"
