# Processes of ours: each is known by its pid and its start time, so that a reused pid is never taken for it.
# shellcheck shell=sh

process_start() { # PID
  read -r process_stat 2>/dev/null <"/proc/$1/stat" || return 0
  # The fields after the command's name, which may hold anything.
  # shellcheck disable=SC2086
  set -- ${process_stat##*) }
  # One that has ended may wait for its parent to hear of it.
  [ "$1" = Z ] || printf '%s\n' "${20}"
}

process_parent() { # PID
  read -r process_stat 2>/dev/null <"/proc/$1/stat" || return 0
  # shellcheck disable=SC2086
  set -- ${process_stat##*) }
  printf '%s\n' "$2"
}

process_group() { # PID
  read -r process_stat 2>/dev/null <"/proc/$1/stat" || return 0
  # shellcheck disable=SC2086
  set -- ${process_stat##*) }
  printf '%s\n' "$3"
}

note_process() { # PID FILE
  noted="$1 $(process_start "$1")"
  # In one write: whoever reads the file meanwhile would find nobody.
  echo "$noted" >"$2"
}

# process_of FILE: prints the pid that the file notes, if that process still runs.
process_of() {
  read -r pid started 2>/dev/null <"$1" || return 0
  [ -z "$started" ] || [ "$(process_start "$pid")" != "$started" ] || echo "$pid"
}

end_process() { # FILE
  ended=$(process_of "$1")
  [ -z "$ended" ] || [ "$ended" = "$$" ] || kill -TERM "-$ended" 2>/dev/null || :
}

# end_group FILE: ends the whole process group of the process that the file notes, and returns when nothing of it
# runs; after 5 s it is killed.
end_group() {
  group=$(process_of "$1")
  if [ -z "$group" ] || [ "$group" = "$$" ]; then return 0; fi
  kill -TERM "-$group" 2>/dev/null || return 0
  group_tries=0
  while kill -0 "-$group" 2>/dev/null; do
    group_tries=$((group_tries + 1))
    [ "$group_tries" -le 50 ] || { kill -KILL "-$group" 2>/dev/null && return; }
    sleep 0.1
  done
  return 0
}
