# Takes the lease, waiting for another deploy; puts a stack right that a dead run left behind.
# Follows library.sh. Vars: OWNER TTL WAIT SESSION and those of library.sh.
# Prints `fence N` and, if the host may have changed since it was observed, `changed`: then steps that were
# sent behind this do nothing.
# Prints `reboot systemd` or `reboot cron`: what goes on after a reboot without a runner; once for a host
# `reboot none`, where it has nothing that could. Prints `logout` where the watchdog ends with this login.
# Exit 75: the lease is somebody else's; prints `owner JSON`. Exit 70: nothing can be locked where STATE is.
# shellcheck shell=sh
set -eu
umask 077
mkdir -p "$STATE/releases" "$STATE/stage"
lay_library
. "$LIBRARY/lib.sh"

: >>"$STATE/lock.critical"
# Room for who must write when the disk is full.
[ -e "$STATE/reserve" ] || head -c 65536 /dev/zero >"$STATE/reserve" || rm -f "$STATE/reserve"

deadline=$(($(now) + WAIT))
parent=$(process_parent "$SESSION")
waited=
try_lease() {
  # It may have waited for longer than a library is kept. The watchdog is started from there.
  [ -e "$LIBRARY/watchdog.sh" ] || lay_library
  code=0
  fence=$(lease_take "$OWNER" "$TTL" watched) || code=$?
  return "$code"
}
until try_lease; do
  [ "$code" != "$CANNOT_LOCK" ] || exit "$code"
  owner=$(cat "$STATE/lease/owner" 2>/dev/null || :)
  if [ "$(now)" -ge "$deadline" ]; then
    answer owner "$owner"
    exit 75
  fi
  # Nobody is there any more to use it: the run was cancelled, or its connection is lost.
  [ "$(process_parent "$SESSION")" = "$parent" ] || exit 75
  [ -n "$waited" ] || say "waiting for another deploy: $owner"
  waited=1
  sleep 0.5
done
# Whatever fails from here on, the lease is nobody's who does not know it.
ended() {
  code=$?
  [ "$code" = 0 ] || lease_lapse "$fence" || :
  exit "$code"
}
trap ended EXIT
# From here on it is needed.
lay_library
lease_enter "$SESSION"
start_watchdog
if login_ends_all && ! user_units_start; then answer logout; fi
reboot=$(cat "$STATE/lease/reboot")
case $reboot in
  none)
    # Once for a host.
    [ -e "$STATE/told-of-reboot" ] || { : >"$STATE/told-of-reboot" && answer reboot none; }
    ;;
  *) rm -f "$STATE/told-of-reboot" && answer reboot "$reboot" ;;
esac
# abort_now keeps this one.
# shellcheck disable=SC2034
FENCE=$fence
changed() {
  : >"$STATE/lease/failed-$SESSION"
  answer changed
}
# Logins to registries are those of a run that had the lease and has died.
rm -rf "$STATE"/stage/*/docker-config
[ -z "$waited" ] || changed
if [ -d "$STATE/journal" ]; then
  say 'an earlier run left its journal: undoing it before anything else'
  changed
  if ! abort_now; then
    say 'the host goes on trying until it is done'
    exit 76
  fi
  lease_renew "$fence" "$TTL"
fi
# What runs left behind that died before they had the lease; after what their journal still needs of it.
sweep_stages
sweep_scratch
forget_libraries
answer fence "$fence"
