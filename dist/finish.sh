# The point of no return: the release is proven. Retires the incumbents, moves git to the commit,
# writes the record. Stands in the journal as forward.sh first, so that whoever finds it half done
# finishes it instead of undoing it. Vars: FORWARD RECORD_NAME RECORD
# shellcheck shell=sh
mkdir -p "$STATE/journal"
printf '%s\n' "$RECORD" >"$STATE/journal/record.json"
{
  assigned STATE "$STATE"
  # The script expands STATE when it runs, not here.
  # shellcheck disable=SC2016
  printf 'set -eu\n. "$STATE/bin/lib.sh"\n%s\n' "$FORWARD"
} >"$STATE/journal/forward.new"
mv -f "$STATE/journal/forward.new" "$STATE/journal/forward.sh"
# shellcheck disable=SC2016
critical '. "$STATE/journal/forward.sh"'
