#!/usr/bin/env bash
# For selftest.ts: kills up.sh, as a lost machine would, once the host's directory holds the file STAGE.
# usage: interrupt.sh NAME key|pid|number|go
set -euo pipefail
source_dir=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=lib.sh
. "$source_dir/lib.sh"

name=$1 stage=$2
require_root "$@"
require_name "$name"
reached() { [ -e "$hosts/$name/$stage" ]; }

bash "$source_dir/up.sh" "$name" trixie t2.micro >/dev/null &
up=$!
wait_until 30 reached || die "'$stage' was not reached"
kill -KILL "$up"
if wait "$up"; then die 'up.sh was done before it could be killed'; fi
