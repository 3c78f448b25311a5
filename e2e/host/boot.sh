#!/bin/bash
# The host's init, run from its own root: starts sshd and dockerd, then stays to reap orphans (the shims that
# dockerd leaves) and, on a small machine, to keep /proc/meminfo telling the truth.
# usage: boot.sh NUMBER SIZE
set -euo pipefail
number=$1 size=$2
group=stand-in-$number

exec >>/var/log/boot.log 2>&1

show_micro_memory() {
  local limit_kb=$((1024 * 1024)) used=0 inactive=0 key value available_kb usage stat
  if [ -e "/sys/fs/cgroup/$group/memory.current" ]; then
    usage=/sys/fs/cgroup/$group/memory.current stat=/sys/fs/cgroup/$group/memory.stat
  else
    usage=/sys/fs/cgroup/memory/$group/memory.usage_in_bytes stat=/sys/fs/cgroup/memory/$group/memory.stat
  fi
  read -r used <"$usage"
  while read -r key value; do
    case $key in total_inactive_file | inactive_file) inactive=$value ;; esac
  done <"$stat"
  available_kb=$((limit_kb - (used - inactive) / 1024))
  # One write of constant length over the old text: a reader never sees half a file.
  printf '%-15s %9d kB\n' MemTotal: "$limit_kb" MemFree: $((limit_kb - used / 1024)) MemAvailable: "$available_kb" \
    Buffers: 0 Cached: $((inactive / 1024)) SwapCached: 0 SwapTotal: 0 SwapFree: 0 1<>/run/meminfo
}

configure_engine() {
  local store='"storage-driver": "overlay2"'
  mkdir -p /etc/docker
  if [ "$(</etc/stand-in-image-store)" = containerd ]; then store='"features": { "containerd-snapshotter": true }'; fi
  # dns: nothing listens there, so a container's lookup of a foreign name is refused at once.
  cat >/etc/docker/daemon.json <<JSON
{
  $store,
  "cgroup-parent": "/$group/docker",
  "bip": "198.19.$((number * 4)).1/24",
  "dns": ["198.19.$((number * 4)).1"],
  "default-address-pools": [
    { "base": "198.19.$((number * 4 + 1)).0/24", "size": 26 },
    { "base": "198.19.$((number * 4 + 2)).0/23", "size": 26 }
  ]
}
JSON
}

if [ "$size" = t2.micro ]; then
  show_micro_memory
  mount --bind /run/meminfo /proc/meminfo
fi
# Each boot has an id of its own, which the kernel that all hosts share does not give.
cat /proc/sys/kernel/random/uuid >/run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
mkdir -p /run/sshd
/usr/sbin/sshd
configure_engine
dockerd >/var/log/dockerd.log 2>&1 &
# Where a test has installed it.
if [ -x /usr/sbin/cron ]; then cron; fi

# A read that times out is a sleep without a process of its own.
exec 3<> <(:)
while :; do
  if read -r -t 1 -u 3; then continue; fi
  if [ "$size" = t2.micro ]; then show_micro_memory; fi
done
