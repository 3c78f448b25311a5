# The dead man's switch: when the lease FENCE runs out and nobody renewed it, takes it and hands the
# stack back whole. Arguments: STATE FENCE
# shellcheck shell=sh
set -u
unset STATE FENCE
STATE=$1 FENCE=$2
. "$STATE/bin/lib.sh"

trap '' HUP PIPE
while lease_is_ours "$FENCE"; do
  if lease_expired; then
    fence=$(lease_take '{"run":"watchdog"}' 600) || continue
    lease_enter "$$"
    abort_now
    rm -rf "$STATE/stage"
    lease_release "$fence"
    exit
  fi
  sleep 1
done
