#!/usr/bin/env bash
# Runs a bash script as a user of a host, in its namespaces and its cgroups, with the environment of a login.
# usage: enter.sh INIT_PID NUMBER USER SECONDS SCRIPT      killed with its children after SECONDS (exit 137)
set -euo pipefail
source_dir=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=lib.sh
. "$source_dir/lib.sh"
# shellcheck source=cgroup.sh
. "$source_dir/cgroup.sh"

init=$1 number=$2 user=$3 seconds=$4 script=$5
if [ "$user" = root ]; then home=/root; else home=/home/$user; fi
cgroup_enter "$number" $$
exec nsenter --target="$init" --mount --uts --ipc --net --pid \
  setpriv --reuid="$user" --regid="$user" --init-groups \
  env --ignore-environment --chdir="$home" HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  timeout --signal=KILL "$seconds" bash -c "$script"
