# The dead man's switch: when the lease runs out and nobody renewed it, takes it and hands the stack back whole. It
# goes on until that is done: between two attempts anybody may take the lease. Ends where nothing is to be handed
# back, or another one watches. Arguments: STATE LIBRARY
# shellcheck shell=sh
set -u
unset STATE LIBRARY FENCE
STATE=$1 LIBRARY=$2
. "$LIBRARY/lib.sh"

trap '' HUP PIPE
# Where this goes on for days: one attempt in so many seconds at least.
LONGEST_PAUSE=300

# It is started before the lease that it watches is in its place.
arrives_by=$(($(now) + 5))
until [ -d "$STATE/lease" ] || [ -d "$STATE/journal" ] || [ "$(now)" -ge "$arrives_by" ]; do sleep 0.1; done

pause=5
while [ -d "$STATE/lease" ] || [ -d "$STATE/journal" ]; do
  other=$(process_of "$STATE/lease/watchdog")
  [ -z "$other" ] || [ "$other" = "$$" ] || exit
  if ! lease_expired; then
    sleep 1
    continue
  fi
  FENCE=$(lease_take '{"run":"watchdog"}' "$UNDO_LEASE_SECONDS") || {
    # Somebody else has taken it, or the disk is full.
    lease_expired && rm -f "$STATE/reserve"
    sleep 1
    continue
  }
  lease_enter "$$"
  note_process "$$" "$STATE/lease/watchdog"
  if abort_now; then
    sweep_stages
    sweep_scratch
    lease_release "$FENCE"
    continue
  fi
  lease_lapse "$FENCE"
  sleep "$pause"
  pause=$((pause * 2))
  [ "$pause" -le "$LONGEST_PAUSE" ] || pause=$LONGEST_PAUSE
done
# Whoever was to take a lease, or to give it back, may have ended half-way.
locked rest
sweep_stages
sweep_scratch
