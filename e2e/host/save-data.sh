#!/usr/bin/env bash
# Keeps what the engine of a host holds (images, build cache), so that other hosts start with it.
# usage: save-data.sh NAME OUT      OUT must not exist; it must be on the file system of the hosts
#
# Stops the host's engine for good, since a database that is being written can't be copied: take the host down.
set -euo pipefail
source_dir=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=lib.sh
. "$source_dir/lib.sh"

require_root "$@"
require_usable_cache
name=${1:-} out=${2:-}
require_name "$name"
[ -n "$out" ] || die 'no directory named' 'usage: save-data.sh NAME OUT'
dir=$hosts/$name
recorded_alive "$dir/pid" || die "host '$name' is not up"
[ ! -e "$out" ] || die "$out exists"

read -r unshare _ <"$dir/pid"
init=$(pgrep -P "$unshare")
in_host() { nsenter -t "$init" -m -u -i -n -p "$@"; }

[ -z "$(in_host docker ps -aq)" ] || die "host '$name' has containers" 'only images are to be kept: remove them'
# shellcheck disable=SC2016  # read inside the host
in_host bash -c 'pid=$(</run/docker.pid); kill "$pid"; while [ -e "/proc/$pid" ]; do sleep 0.05; done'

mkdir -p "$(dirname "$out")"
new=$out.new.$$
trap 'rm -rf "$new"' EXIT
cp -a --reflink=auto "$dir/docker" "$new"
# Addresses and the engine's identity are the next host's own.
rm -rf "$new/network" "$new/engine-id"
# Two may make the same data at once: the one who renames first wins, and both are the same.
mv --no-target-directory "$new" "$out" 2>/dev/null || [ -d "$out" ]
