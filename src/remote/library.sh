# Lays the library of this version of the action, and loads it. It lies in a directory of its own, which everything
# that a run writes for later names (undos, forward.sh, the watchdog): a run of another version that comes meanwhile
# changes no word of it.
# Vars: STATE LIBRARY (the directory, named by the digest of what is in it) and the texts LIB ABORT WATCHDOG
# shellcheck shell=sh

library_file() { # NAME TEXT
  # What is there already needs no room on a full disk.
  ! printf '%s\n' "$2" | cmp -s - "$LIBRARY/$1.sh" || return 0
  printf '%s\n' "$2" >"$LIBRARY/$1.sh.$$" && mv -f "$LIBRARY/$1.sh.$$" "$LIBRARY/$1.sh"
}

lay_library() {
  mkdir -p "$LIBRARY" && rm -f "$LIBRARY/others" && library_file lib "$LIB" && library_file abort "$ABORT" &&
    library_file watchdog "$WATCHDOG"
}

# forget_libraries: those of other versions that so many deploys have not needed, whatever the time of day, once no
# journal is left that could name one. A run that waits for the lease with another version lays its own again.
OTHERS_AT_MOST=10
forget_libraries() {
  for each_library in "$STATE"/bin/*; do
    if [ ! -d "$each_library" ] || [ "$each_library" = "$LIBRARY" ]; then continue; fi
    others=$(cat "$each_library/others" 2>/dev/null) || :
    # A crash may leave anything of it.
    case $others in '' | *[!0-9]*) others=0 ;; esac
    if [ "$others" -ge "$OTHERS_AT_MOST" ]; then
      rm -rf "$each_library"
    else
      echo $((others + 1)) >"$each_library/others"
    fi
  done
}
