# Takes the lease away from whoever holds it, and undoes what it had done. Vars: STATE
# shellcheck shell=sh
if [ ! -e "$STATE/bin/lib.sh" ] || { [ ! -d "$STATE/lease" ] && [ ! -d "$STATE/journal" ]; }; then
  say() { printf '%s\n' "$*" >&2; }
  say 'nothing holds the stack'
  exit 0
fi
. "$STATE/bin/lib.sh"
[ ! -d "$STATE/lease" ] || say "held by $(cat "$STATE/lease/owner" 2>/dev/null)"
lease_break
fence=$(lease_take '{"run":"unlock"}' 600) || {
  say 'somebody else took the lease at the same moment: it is not dead'
  exit 75
}
lease_enter "$$"
code=0
abort_now || code=$?
rm -rf "$STATE/stage"
lease_release "$fence"
exit "$code"
