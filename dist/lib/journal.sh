# The journal: how to undo what was done, and the parts that must not stop half-way.
# shellcheck shell=sh

# journal NAME COMMAND [NUMBER]: from here on, COMMAND (of this library) undoes the step NAME. Undos
# run from the highest number to the lowest; without NUMBER it is the next one.
journal() {
  mkdir -p "$STATE/journal"
  number=000
  for entry in "$STATE"/journal/[0-9]*-*.sh; do
    [ ! -e "$entry" ] || { entry=${entry##*/} && number=${entry%%-*}; }
  done
  # With a zero before it, it would be octal.
  number=$(printf '%03d' $((1$number - 999)))
  entry=$STATE/journal/${3:-$number}-$1.sh
  # A disk that is full may have room again for the next word: none is written after one that was not.
  # The undo script expands its variables when it runs, not here.
  # shellcheck disable=SC2016
  if ! {
    assigned STATE "$STATE" && assigned LIBRARY "$LIBRARY" &&
      printf 'set -eu\n. "$LIBRARY/lib.sh"\n%s\n%s\n' "$2" "$LAST_LINE"
  } 2>/dev/null >"$entry.new" || ! is_whole "$entry.new"; then
    rm -f "$entry.new"
    say "the journal cannot be written: $(df -Pk "$STATE" | tail -n 1)"
    return 1
  fi
  sync "$entry.new" 2>/dev/null || sync
  mv -f "$entry.new" "$entry"
}

# Scripts that undo or finish end with this line: one that a full disk or a crash has cut is never run as if it
# were whole.
LAST_LINE='# end'
is_whole() { [ "$(tail -n 1 "$1" 2>/dev/null)" = "$LAST_LINE" ]; } # FILE

# The exit code of a script that came to its end: no command in it ends with this one. It needs no room on a disk.
ENDED=97

# run_whole FILE: runs a script of the journal in a subshell; succeeds only where it came to its end. Never call it
# as a condition: bash then goes on after a command that failed.
run_whole() {
  if ! is_whole "$1"; then
    say "$1 was not written whole"
    return 1
  fi
  # It may load the library of another version, which says nothing about how this one knows its end.
  whole_text=$(cat "$1" && echo "exit $ENDED")
  (eval "$whole_text") &
  whole_code=0
  wait "$!" || whole_code=$?
  case $whole_code in
    "$ENDED") return 0 ;;
    0)
      say "$1 did not come to its end"
      return 1
      ;;
  esac
  return "$whole_code"
}

# end_journal: all that it held is done. One rename ends it: where a crash leaves a part of it, nobody takes the
# undos that are left for those of a release that failed.
end_journal() {
  rm -rf "$STATE/journal.over"
  [ ! -d "$STATE/journal" ] || mv "$STATE/journal" "$STATE/journal.over"
  rm -rf "$STATE/journal.over"
}

# The value as one word of a script; newlines at its end stay.
quoted() {
  quoted_text=$(printf '%s.' "$1" | sed "s/'/'\\\\''/g") || return
  printf "'%s'" "${quoted_text%.}"
}

# assigned NAME VALUE: as text of a script. What the environment exports under that name stays out of it.
# Where a process that it needs is killed, it fails, instead of saying that the value is empty.
assigned() { assigned_text=$(quoted "$2") && printf 'unset %s; %s=%s\n' "$1" "$1" "$assigned_text"; }

# critical SCRIPT: runs the text in a session of its own, where no hang-up and no kill of ours reaches it, so that it
# never stops half-way; where it does not come to its end, this fails. Its output is kept, and shown when it has ended.
# All its processes hold the lock, as their parent did before them: while one of them lives, it is not over. It does
# nothing where FENCE is set, and is not that of the lease any more.
critical() {
  (
    exec 8>>"$STATE/lock.critical" || exit
    flock 8 || exit
    [ -z "${FENCE-}" ] || lease_is_ours "$FENCE" || {
      say 'the lease is not ours any more'
      exit 79
    }
    critical_run "$1"
  )
}

critical_run() {
  # With the MARK what it answers is believed as well. The script expands its variables when it runs.
  # shellcheck disable=SC2016
  critical_text=$(
    assigned STATE "$STATE" && assigned LIBRARY "$LIBRARY" && assigned FENCE "${FENCE-}" && assigned MARK "${MARK-}" &&
      printf '. "$LIBRARY/lib.sh"\nset -eu\n%s\nexit "$ENDED"\n%s' "$1" "$LAST_LINE"
  ) || return
  critical_files=$STATE/critical.d critical_code=0
  if ! critical_written && ! { critical_files=$(scratch_directory) && critical_written; }; then
    # By a pipe: it is in no argv. Nobody may listen any more when it says something.
    printf '%s\n' "$critical_text" |
      setsid sh -c 'trap "" HUP PIPE; text=$(cat); exec </dev/null; eval "$text"' || critical_code=$?
    critical_proven
    return
  fi
  setsid sh "$critical_files/script" >"$critical_files/out" 2>"$critical_files/err" </dev/null &
  wait "$!" || critical_code=$?
  cat "$critical_files/err" >&2 || :
  cat "$critical_files/out"
  rm -rf "$critical_files"
  critical_proven
}

critical_written() {
  mkdir -p "$critical_files" 2>/dev/null &&
    printf '%s\n' "$critical_text" 2>/dev/null >"$critical_files/script" && is_whole "$critical_files/script"
}

critical_proven() {
  case $critical_code in
    "$ENDED") return 0 ;;
    0)
      say 'a critical section did not come to its end'
      return 1
      ;;
  esac
  return "$critical_code"
}

# Fails while a critical section of whomever goes on.
critical_is_over() (
  [ -e "$STATE/lock.critical" ] || exit 0
  exec 8>>"$STATE/lock.critical"
  flock -n 8
)

# Keeps the lease FENCE meanwhile, where that is ours.
await_critical() {
  await_rounds=0
  until critical_is_over; do
    [ -z "${FENCE-}" ] || [ $((await_rounds % 100)) != 0 ] || lease_renew "$FENCE" "$UNDO_LEASE_SECONDS" || :
    await_rounds=$((await_rounds + 1))
    [ "$await_rounds" != 20 ] || say 'waiting for the end of what must not stop half-way, and goes on on this host'
    sleep 0.1
  done
}

# How long the lease of one who undoes lives without a sign of life.
UNDO_LEASE_SECONDS=60

# Hands the stack back whole; see abort.sh. Where FENCE is set it keeps that lease, and does nothing without it.
abort_now() {
  await_critical
  # shellcheck disable=SC2016
  critical 'set +e
. "$LIBRARY/abort.sh"
undone=$?
[ "$undone" = 0 ] || exit "$undone"'
}

# keep_lease_beside: keeps the lease FENCE as long as this shell lives; `kept_by` is who does. Before the shell ends,
# it ends that.
keep_lease_beside() {
  kept_by=
  [ -n "${FENCE-}" ] || return 0
  kept_for=$(process_start "$$")
  while [ "$(process_start "$$")" = "$kept_for" ] && lease_is_ours "$FENCE"; do
    lease_renew "$FENCE" "$UNDO_LEASE_SECONDS" || :
    sleep 5
  done 8>&- >/dev/null 2>&1 </dev/null &
  # abort.sh reads it.
  # shellcheck disable=SC2034
  kept_by=$!
}

: "${RESEE_ENGINE_PATIENCE:=600}"
# await_engine SECONDS: returns when the Docker daemon answers, which an upgrade or a reboot may keep from it.
await_engine() {
  engine_by=$(($(now) + $1)) engine_pause=1
  until docker version --format '{{.Server.Version}}' >/dev/null 2>&1; do
    if [ "$(now)" -ge "$engine_by" ]; then
      say "the Docker daemon does not answer after $1 s"
      return 1
    fi
    say 'waiting for the Docker daemon'
    sleep "$engine_pause"
    [ "$engine_pause" -ge 30 ] || engine_pause=$((engine_pause * 2))
  done
}
