# Takes the lease away from whoever holds it, and undoes what it had done. Follows library.sh, and has its Vars.
# shellcheck shell=sh
if [ ! -d "$STATE/lease" ] && [ ! -d "$STATE/journal" ]; then
  say() { printf '%s\n' "$*" >&2; }
  say 'nothing holds the stack'
  exit 0
fi
umask 077
lay_library || { rm -f "$STATE/reserve" && lay_library; } || exit
. "$LIBRARY/lib.sh"
[ ! -d "$STATE/lease" ] || say "held by $(cat "$STATE/lease/owner" 2>/dev/null)"
FENCE=$(lease_seize '{"run":"unlock"}' "$UNDO_LEASE_SECONDS") || {
  say 'the lease cannot be written: the disk may be full'
  exit 75
}
lease_enter "$$"
start_watchdog
code=0
abort_now || code=$?
if [ "$code" != 0 ]; then
  say 'the host goes on trying until it is done'
  lease_lapse "$FENCE"
  exit "$code"
fi
sweep_stages
sweep_scratch
lease_release "$FENCE"
