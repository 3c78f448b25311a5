# shellcheck shell=bash
# The cgroups of a host: /stand-in-N with `system` (init, sshd, dockerd) and `docker` (containers) in it,
# so a limit on /stand-in-N bounds the whole machine. Both cgroup versions; v1 has one tree for each controller.

readonly cgroup_mount=/sys/fs/cgroup
readonly micro_memory_bytes=$((1024 * 1024 * 1024))

cgroup_is_v2() { [ "$(stat -fc %T "$cgroup_mount")" = cgroup2fs ]; }

# One line a hierarchy. Beside v1 there may be a v2 tree without controllers; runc makes groups in it too.
cgroup_roots() {
  local target type
  if cgroup_is_v2; then
    printf '%s\n' "$cgroup_mount"
    return
  fi
  while read -r _ target type _; do
    if [[ $type = cgroup* ]]; then printf '%s\n' "$target"; fi
  done </proc/mounts
}

# In v2 a controller reaches a group only when every group above hands it down.
cgroup_hand_down() {
  local group=$1 controller available
  available=" $(<"$group/cgroup.controllers") "
  for controller in cpu cpuset memory pids io; do
    if [[ $available = *" $controller "* ]]; then echo "+$controller" >"$group/cgroup.subtree_control"; fi
  done
}

# Which CPU a one-CPU host gets: hosts side by side spread over those that we may use.
cgroup_choose_cpu() {
  local line range cpus=()
  line=$(grep Cpus_allowed_list /proc/self/status)
  for range in $(tr , ' ' <<<"${line#*:}"); do
    mapfile -t -O "${#cpus[@]}" cpus < <(seq "${range%-*}" "${range#*-}")
  done
  printf '%s\n' "${cpus[$1 % ${#cpus[@]}]}"
}

# A v1 cpuset is born empty and takes no process until it is filled.
cgroup_fill_cpuset() {
  local group=$1 above
  above=$(dirname "$group")
  cat "$above/cpuset.mems" >"$group/cpuset.mems"
  cat "$above/cpuset.cpus" >"$group/cpuset.cpus"
}

cgroup_limit_v1() {
  local root=$1 group=$2 cpu=$3
  if [ -e "$group/memory.limit_in_bytes" ]; then
    echo $micro_memory_bytes >"$group/memory.limit_in_bytes"
    if [ -e "$group/memory.memsw.limit_in_bytes" ]; then
      echo $micro_memory_bytes >"$group/memory.memsw.limit_in_bytes"
    else
      echo 0 >"$group/memory.swappiness"
    fi
  fi
  if [ -e "$group/cpuset.cpus" ]; then echo "$cpu" >"$group/cpuset.cpus"; fi
  if [ -e "$group/cpu.cfs_quota_us" ]; then cat "$root/cpu.cfs_period_us" >"$group/cpu.cfs_quota_us"; fi
}

cgroup_limit_v2() {
  local group=$1 cpu=$2
  [ -e "$group/memory.max" ] || die 'no memory controller in cgroup v2: a t2.micro cannot be made here'
  [ -e "$group/cpu.max" ] || die 'no cpu controller in cgroup v2: a t2.micro cannot be made here'
  echo $micro_memory_bytes >"$group/memory.max"
  if [ -e "$group/memory.swap.max" ]; then echo 0 >"$group/memory.swap.max"; fi
  echo '100000 100000' >"$group/cpu.max"
  if [ -e "$group/cpuset.cpus" ]; then echo "$cpu" >"$group/cpuset.cpus"; fi
}

# cgroup_make NUMBER SIZE
cgroup_make() {
  local number=$1 size=$2 root group cpu
  cpu=$(cgroup_choose_cpu "$number")
  while read -r root; do
    group=$root/stand-in-$number
    if cgroup_is_v2; then cgroup_hand_down "$root"; fi
    mkdir "$group"
    if [ -e "$group/cpuset.mems" ] && ! cgroup_is_v2; then cgroup_fill_cpuset "$group"; fi
    if [ "$size" = t2.micro ]; then
      if cgroup_is_v2; then cgroup_limit_v2 "$group" "$cpu"; else cgroup_limit_v1 "$root" "$group" "$cpu"; fi
    fi
    if cgroup_is_v2; then cgroup_hand_down "$group"; fi
    mkdir "$group/system"
    if [ -e "$group/cpuset.mems" ] && ! cgroup_is_v2; then cgroup_fill_cpuset "$group/system"; fi
  done < <(cgroup_roots)
}

# cgroup_enter NUMBER PID
cgroup_enter() {
  local root
  while read -r root; do echo "$2" >"$root/stand-in-$1/system/cgroup.procs"; done < <(cgroup_roots)
}

cgroup_exists() {
  local root
  while read -r root; do
    if [ -e "$root/stand-in-$1" ]; then return 0; fi
  done < <(cgroup_roots)
  return 1
}

# Fails while a dying process still holds a group: ask again.
cgroup_remove() {
  local root
  while read -r root; do
    if [ -e "$root/stand-in-$1" ]; then find "$root/stand-in-$1" -depth -type d -exec rmdir {} + 2>/dev/null; fi
  done < <(cgroup_roots)
  ! cgroup_exists "$1"
}
