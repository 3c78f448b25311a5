#!/bin/sh
# Prints what CHANGELOG.md says of a version, for its release. Refuses a version without a section: what is
# released has a name there.
# Usage: release-notes.sh v1.2.3 [CHANGELOG.md]
set -eu

version=$1
file=${2:-CHANGELOG.md}
if ! printf '%s\n' "$version" | grep -Eqx 'v[0-9]+\.[0-9]+\.[0-9]+'; then
  echo "'$version' is not a version like v1.2.3" >&2
  exit 1
fi
notes=$(awk -v heading="## [${version#v}]" '
  index($0, "## ") == 1 { found = index($0, heading) == 1; next }
  found
' "$file")
if [ -z "$notes" ]; then
  echo "$file has no section '## [${version#v}]': rename [Unreleased] first" >&2
  exit 1
fi
printf '%s\n' "$notes"
