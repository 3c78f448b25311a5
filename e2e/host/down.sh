#!/usr/bin/env bash
# Takes stand-in hosts away; the cache of trees stays. Safe to repeat, and after a crash of anything.
# usage: down.sh NAME… | --all
set -euo pipefail
source_dir=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=lib.sh
. "$source_dir/lib.sh"
# shellcheck source=cgroup.sh
. "$source_dir/cgroup.sh"
# shellcheck source=network.sh
. "$source_dir/network.sh"
# shellcheck source=teardown.sh
. "$source_dir/teardown.sh"

(($#)) || die 'nothing named' 'usage: down.sh NAME… | --all'
require_root "$@"
require_usable_cache

names=("$@")
if [ "$1" = --all ]; then
  names=()
  for dir in "$hosts"/*/; do
    if [ -d "$dir" ]; then names+=("$(basename "$dir")"); fi
  done
fi

for name in "${names[@]}"; do
  require_name "$name"
  # Waits for an up.sh that is at this host; the lock ends with its holder, however that ended.
  lock_name "$name"
  teardown "$name"
  unlock_name "$name"
done
