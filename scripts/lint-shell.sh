#!/bin/sh
# Judges every shell script of the project, tracked or about to be. A script without a suffix is
# named here. Each file says its dialect itself: in its shebang or a `shellcheck shell=` line.
set -eu
cd "$(dirname "$0")/.."

sh scripts/install-tools.sh lint
git ls-files -z --cached --others --exclude-standard '*.sh' .ci/run ':!dist' |
  xargs -0 shellcheck
