# Ends what this run still does on the host, undoes it, and gives the lease back. Does nothing where
# the lease is not ours any more: then somebody else has done it. Vars: STATE FENCE RUN
# shellcheck shell=sh
[ -e "$STATE/bin/lib.sh" ] || exit 0
. "$STATE/bin/lib.sh"
if ! lease_is_ours "$FENCE"; then
  await_critical
  rm -rf "$STATE/stage/$RUN"
  # Whoever has it now has undone what we did, or is about to; a journal without a lease was given up.
  [ ! -d "$STATE/journal" ] || [ -d "$STATE/lease" ]
  exit
fi
lease_renew "$FENCE" 600
end_session
code=0
abort_now || code=$?
rm -rf "$STATE/stage/$RUN"
lease_release "$FENCE"
exit "$code"
