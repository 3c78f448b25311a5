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
  mkdir -p "$LIBRARY" && library_file lib "$LIB" && library_file abort "$ABORT" && library_file watchdog "$WATCHDOG" &&
    touch "$LIBRARY"
}

# forget_libraries: those of other versions, once no journal is left that could name one. A run that waits for the
# lease with another version has touched its own when it came.
forget_libraries() {
  find "$STATE/bin" -mindepth 1 -maxdepth 1 ! -name "$(basename "$LIBRARY")" ! -name reboot.sh -mmin +1440 \
    -exec rm -rf {} +
}
