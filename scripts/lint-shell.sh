#!/bin/sh
# Judges every shell script of the project, tracked or about to be. Scripts without a suffix are
# named here. Each file says its dialect itself: in its shebang or a `shellcheck shell=` line.
set -eu
cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null; then
  echo 'shellcheck is missing: apt-get install shellcheck' >&2
  exit 1
fi
git ls-files -z --cached --others --exclude-standard '*.sh' .ci/run ':!dist' |
  xargs -0 shellcheck
