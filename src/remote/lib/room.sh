# Room on the disks of the host: free space and inodes.
# shellcheck shell=sh

# room_in PATH [BEFORE]: prints, after BEFORE, `KILOBYTES INODES PLACE`, what this user may still use of the filesystem
# of PATH, or of the nearest directory above it that is there; INODES is `-` where the filesystem makes them as it needs
# them. Prints nothing where the filesystem does not tell.
room_in() {
  room_place=$1 room_before=${2-}
  until [ -d "$room_place" ]; do room_place=$(dirname "$room_place"); done
  # Network filesystems tell as many as a number holds, or no size at all. More than the most is plenty.
  stat -f -c '%a %S %b %c %d' "$room_place" 2>/dev/null |
    room_place=$room_place room_before=$room_before awk '
    function least(figure) { return figure < 1e12 ? figure : 1e12 }
    $3 > 0 {
      inodes = $4 > 0 ? sprintf("%.0f", least($5)) : "-"
      printf "%s%.0f %s %s\n", ENVIRON["room_before"], least($1 * $2 / 1024), inodes, ENVIRON["room_place"]
    }'
}

# room_for KILOBYTES INODES PATH: leaves in `room_left` what is free, for a person. Where nothing can be told, there is.
room_for() {
  room_free=$(room_in "$3")
  room_kb=${room_free%% *} room_inodes=${room_free#* }
  room_inodes=${room_inodes%% *}
  [ -n "$room_kb" ] || return 0
  room_left="$((room_kb / 1024)) MiB"
  [ "$room_inodes" = - ] || room_left="$room_left and $room_inodes inodes"
  [ "$room_kb" -ge "$1" ] && { [ "$room_inodes" = - ] || [ "$room_inodes" -ge "$2" ]; }
}

# make_room PATH PROJECT WANTED_KB LEAST_KB LEAST_INODES: where less than WANTED_KB is free, removes what no release
# needs, and no more of it than that takes: images of the project that have no name any more, then the cache of builds,
# what was not used for long first. Fails where not even LEAST_KB is free then.
make_room() {
  ! room_for "$3" "$5" "$1" || return 0
  say "only $room_left are free in $1: what no release needs is removed"
  run docker image prune --force --filter "label=com.docker.compose.project=$2" || :
  room_for "$3" "$5" "$1" || run docker builder prune --force --filter until=24h || :
  room_for "$4" "$5" "$1" || run docker builder prune --force || :
  ! room_for "$4" "$5" "$1" || return 0
  answer "no-room $1 $room_left"
  say "only $room_left are free in $1, and $(($4 / 1024)) MiB and $5 inodes are the least that images need"
  return 1
}
