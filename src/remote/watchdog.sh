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
    pause=5 tries=0
    # An engine that is away may take longer than a runner waits for it.
    export RESEE_ENGINE_PATIENCE=3600
    until abort_now; do
      # Half an hour: then the next deploy, or a person, has to look.
      [ "$tries" -lt 30 ] || break
      lease_renew "$fence" 600 || break
      tries=$((tries + 1))
      sleep "$pause"
      [ "$pause" -ge 60 ] || pause=$((pause * 2))
    done
    rm -rf "$STATE/stage"
    lease_release "$fence"
    exit
  fi
  sleep 1
done
