#!/usr/bin/env bash
# First process of a host, in new mount, pid, net, uts and ipc namespaces: builds the host's file system,
# makes it the root, and becomes the host's own init (boot.sh, taken from inside the new root).
# usage: init.sh DIR TREE NAME SIZE
#
# Every mount is made in here, so all of them end with the namespace: there is nothing to unmount later.
set -euo pipefail
dir=$1 tree=$2 name=$3 size=$4
root=$dir/root
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

mount --make-rprivate /
mount -t overlay -o "lowerdir=$tree,upperdir=$dir/upper,workdir=$dir/work" overlay "$root"
mkdir -p "$root/var/lib/docker" "$root/old"
# Real directories, not overlay: the engine stacks its own overlays on the first, and on the others inodes
# behave as on a disk (a single-file bind mount depends on that).
mount --bind "$dir/docker" "$root/var/lib/docker"
mount --bind "$dir/home" "$root/home"
mount --bind "$dir/srv" "$root/srv"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

cp "$dir"/identity/* "$root/etc/ssh/"
cp "$here/boot.sh" "$root/usr/local/sbin/boot.sh"
hostname "$name"
printf '%s\n' "$name" >"$root/etc/hostname"
printf '127.0.0.1 localhost %s\n::1 localhost ip6-localhost\n' "$name" >"$root/etc/hosts"

# up.sh connects the network and sets the limits meanwhile. Should it die before it says so, we go too.
deadline=$((SECONDS + 60))
until [ -e "$dir/go" ]; do
  ((SECONDS < deadline)) || exit 1
  sleep 0.02
done
number=$(<"$dir/number")

cd "$root"
pivot_root . old
umount -l /old
rmdir /old
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
  /bin/bash /usr/local/sbin/boot.sh "$number" "$size" </dev/null
