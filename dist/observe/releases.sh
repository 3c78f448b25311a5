# What the host knows of earlier releases, and of a deploy that is under way. Vars: STATE
# shellcheck shell=sh

observe_releases() {
  for record in "$STATE"/releases/*.json; do
    [ -e "$record" ] || continue
    section "release:$(basename "$record" .json)"
    cat "$record"
  done
  [ ! -d "$STATE/lease" ] || capture lease cat "$STATE/lease/owner"
  [ ! -d "$STATE/journal" ] || capture journal ls "$STATE/journal"
}
