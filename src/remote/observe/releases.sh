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

# The key of what may be secret in the records: made once, and only its owner reads it.
observe_record_key() {
  section record-key
  [ -s "$STATE/record.key" ] || {
    mkdir -p "$STATE" && rm -f "$STATE/record.key"
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$STATE/record.key.$RUN"
    # The first of two that look at once makes it.
    ln "$STATE/record.key.$RUN" "$STATE/record.key" 2>/dev/null
    rm -f "$STATE/record.key.$RUN"
  }
  cat "$STATE/record.key"
}

# The directory that the state belongs to: another one of the same name may be there. One that is gone has moved.
observe_owner() {
  owner=$(cat "$STATE/path" 2>/dev/null)
  if [ -n "$owner" ] && [ -e "$owner/.git" ] && [ "$(readlink -f "$owner")" != "$(readlink -f "$DIR")" ]; then
    section foreign-state
    printf '%s\n' "$owner"
    return
  fi
  [ "$owner" = "$DIR" ] || {
    printf '%s\n' "$DIR" >"$STATE/path.$RUN" && mv -f "$STATE/path.$RUN" "$STATE/path"
  }
}
