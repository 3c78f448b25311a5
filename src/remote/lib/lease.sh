# The lease: one deploy at a time.
# shellcheck shell=sh

# lease/{fence,expires,owner,session}; every change happens under a file lock that dies with us.

# What `locked` ends with where the file system bears no locks (NFS without its lock daemon, some of FUSE): nothing was
# done, whoever holds the lease.
CANNOT_LOCK=70
locked() {
  (
    # As a condition -e holds in no shell.
    flock 9 || exit "$CANNOT_LOCK"
    "$@"
  ) 9>"$STATE/lock"
}

boot_id() { cat /proc/sys/kernel/random/boot_id; }

# `expires` holds the seconds since boot and the boot that they are counted from: a clock that is set neither
# frees nor freezes a lease, and one from before a reboot is over. Without a boot it is the time of day, as
# earlier versions wrote it.
lease_expired() {
  expiry='' boot=''
  read -r expiry boot 2>/dev/null <"$STATE/lease/expires" || :
  case $expiry in '' | *[!0-9]*) return 0 ;; esac
  if [ -z "$boot" ]; then
    [ "$(date +%s)" -ge "$expiry" ]
  elif [ "$boot" != "$(boot_id)" ]; then
    return 0
  else
    [ "$(now)" -ge "$expiry" ]
  fi
}

lease_is_ours() { [ "$(cat "$STATE/lease/fence" 2>/dev/null)" = "$1" ]; }

# lease_of PID: prints the fence, where that process works for the lease's owner.
lease_of() {
  [ "$(process_of "$STATE/lease/session")" = "$1" ] && cat "$STATE/lease/fence"
}

# write_whole FILE TEXT: the file has all of the text, or what it had before, whenever the host loses its power.
write_whole() {
  printf '%s\n' "$2" >"$1.new" || return
  # Not every host has a sync that takes files.
  sync "$1.new" 2>/dev/null || sync
  mv -f "$1.new" "$1"
}

# Written over what is there, in one write of constant length: that needs no room on the disk, and a reader sees
# the old time or the new one.
lease_write_expiry() { # SECONDS FILE
  expiry_text=$(printf '%012d %s' "$(($(now) + $1))" "$(boot_id)")
  if [ -s "$2" ]; then printf '%s\n' "$expiry_text" 1<>"$2"; else printf '%s\n' "$expiry_text" >"$2"; fi
}

# A crash may leave a file of zero bytes.
number_in() { tr -d '\000' 2>/dev/null <"$1" || :; } # FILE

# The number of the next lease: higher than any that was given before, whatever a crash has left of the file.
next_fence() {
  highest=0
  # The names are ours.
  # shellcheck disable=SC2012
  for seen in "$(number_in "$STATE/fence")" "$(number_in "$STATE/lease/fence")" \
    "$(ls "$STATE/releases" 2>/dev/null | sed -n 's/^0*\([0-9][0-9]*\)-.*\.json$/\1/p' | sort -n | tail -n 1)"; do
    case $seen in '' | *[!0-9]*) continue ;; esac
    [ "$seen" -le "$highest" ] || highest=$seen
  done
  echo $((highest + 1))
}

# lease_try OWNER TTL_SECONDS [watched]: takes the lease if it is free or has run out; prints the fence. Where that
# cannot be written, the lease stays whose it is. With `watched` its watchdog runs before it is there, and is to start
# after a reboot (how is in `reboot`): whatever ends us then, somebody takes it away.
lease_try() {
  ! [ -d "$STATE/lease" ] || lease_expired || return 1
  fence=$(next_fence)
  rm -rf "$STATE/lease.new"
  if ! lease_written "$STATE/lease.new" "$fence" "$@"; then
    rm -rf "$STATE/lease.new"
    return 1
  fi
  end_session
  disown_stage "$STATE/lease"
  rm -rf "$STATE/lease"
  if [ "${3-}" = watched ]; then
    arm_reboot >"$STATE/lease.new/reboot" || echo none >"$STATE/lease.new/reboot"
    watch_lease "$STATE/lease.new"
  fi
  mv "$STATE/lease.new" "$STATE/lease"
  echo "$fence"
}

# disown_stage LEASE: nobody needs the stage of whoever had that lease any more, but a journal.
disown_stage() {
  for stage in "$STATE"/stage/*; do
    ! cmp -s "$stage/session" "$1/session" || : >"$stage/over"
  done
}

lease_written() { # DIRECTORY FENCE OWNER TTL_SECONDS
  mkdir "$1" && write_whole "$STATE/fence" "$2" && echo "$2" >"$1/fence" &&
    printf '%s\n' "$3" >"$1/owner" && lease_write_expiry "$4" "$1/expires"
}

# One that has lapsed is not renewed: who kept it may come late.
lease_renew_if_ours() {
  lease_is_ours "$1" && [ -e "$STATE/lease/expires" ] && lease_write_expiry "$2" "$STATE/lease/expires"
}

# Who hands the stack back goes on with one that has lapsed, where nobody else has taken it.
lease_resume_if_ours() { lease_is_ours "$1" && lease_write_expiry "$2" "$STATE/lease/expires"; }

# What the lease was for is not done, and the watchdog goes on with it; so may anybody else.
lease_lapse_if_ours() {
  lease_is_ours "$1" || return 0
  rm -f "$STATE/lease/expires"
}

lease_remove_if_ours() {
  lease_is_ours "$1" || return 0
  # By one rename: there is no lease without its watchdog, nor without what starts that after a reboot.
  rm -rf "$STATE/lease.over"
  mv "$STATE/lease" "$STATE/lease.over" || return
  end_process "$STATE/lease.over/watchdog"
  rest
}

# rest: nobody holds the stack, and nothing is left of those who did.
rest() {
  [ ! -d "$STATE/lease" ] || return 0
  rm -rf "$STATE/lease.over" "$STATE/lease.new"
  [ ! -d "$STATE/journal" ] || return 0
  rm -rf "$STATE/journal.over"
  disarm_reboot || say 'what goes on after a reboot could not be taken away'
}

# lease_seize_now OWNER TTL_SECONDS: takes the lease from whoever holds it, and ends what they still run here.
lease_seize_now() {
  rm -rf "$STATE/lease.over"
  if [ -d "$STATE/lease" ]; then
    end_session
    disown_stage "$STATE/lease"
    mv "$STATE/lease" "$STATE/lease.over" || return
  fi
  lease_try "$1" "$2" watched || {
    [ ! -d "$STATE/lease.over" ] || mv "$STATE/lease.over" "$STATE/lease"
    return 1
  }
  end_process "$STATE/lease.over/watchdog"
  rm -rf "$STATE/lease.over"
}

lease_seize() { locked lease_seize_now "$@"; }
lease_take() { locked lease_try "$@"; }
lease_renew() { locked lease_renew_if_ours "$@"; }
lease_resume() { locked lease_resume_if_ours "$@"; }
lease_lapse() { locked lease_lapse_if_ours "$1"; }
lease_release() { locked lease_remove_if_ours "$1"; }

# sign_of_life FENCE SECONDS: renews the lease. Returns 124 where the engine does not answer; whatever else it says, it
# is asked again.
sign_of_life() {
  lease_renew "$1" "$2"
  # Far less than the lease lives.
  [ "$RESEE_ENGINE_SECONDS" -le 15 ] || RESEE_ENGINE_SECONDS=15
  docker ps -q >/dev/null 2>&1
}

# start_watchdog: unless one is there already, whoever's lease it was started for.
start_watchdog() {
  [ -n "$(process_of "$STATE/lease/watchdog")" ] || watch_lease "$STATE/lease"
}

watch_lease() { # DIRECTORY of the lease, or of one that is about to be
  ! login_ends_all || ! start_outside "$1" || return 0
  setsid sh "$LIBRARY/watchdog.sh" "$STATE" "$LIBRARY" >/dev/null 2>&1 </dev/null 9>&- &
  watching=$! watch_tries=0
  note_process "$watching" "$1/watchdog" || return
  # What ends our process group ends it as well until it has one of its own.
  until [ "$(process_group "$watching")" = "$watching" ] || [ "$watch_tries" = 100 ]; do
    watch_tries=$((watch_tries + 1))
    sleep 0.01
  done
}

lease_enter() { note_process "$1" "$STATE/lease/session"; }

# Ends what the lease's former owner still runs here. Its critical sections live in sessions of
# their own, and finish.
end_session() { end_process "$STATE/lease/session"; }
