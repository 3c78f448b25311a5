# The journal: how to undo what was done, and the parts that must not stop half-way.
# shellcheck shell=sh

# journal NAME COMMAND [NUMBER]: from here on, COMMAND (of this library) undoes the step NAME. Undos
# run from the highest number to the lowest; without NUMBER it is the next one.
journal() {
  mkdir -p "$STATE/journal"
  # `ls` sorts, and the names are ours.
  # shellcheck disable=SC2012
  number=$(printf '%03d' $(($(ls "$STATE/journal" | sed -n 's/^\([0-9]*\)-.*\.sh$/\1/p' | tail -n 1 | sed 's/^0*//;s/^$/0/') + 1)))
  entry=$STATE/journal/${3:-$number}-$1.sh
  {
    assigned STATE "$STATE"
    # The undo script expands STATE when it runs, not here.
    # shellcheck disable=SC2016
    printf 'set -eu\n. "$STATE/bin/lib.sh"\n%s\n%s\n' "$2" "$LAST_LINE"
  } >"$entry.new"
  is_whole "$entry.new" || {
    say "the journal cannot be written: $(df -Pk "$STATE" | tail -n 1)"
    return 1
  }
  sync "$entry.new" 2>/dev/null || sync
  mv -f "$entry.new" "$entry"
}

# Scripts that undo or finish end with this line: one that a full disk or a crash has cut is never run as if it
# were whole.
LAST_LINE='# end'
is_whole() { [ "$(tail -n 1 "$1" 2>/dev/null)" = "$LAST_LINE" ]; } # FILE

# end_journal: all that it held is done. One rename ends it: where a crash leaves a part of it, nobody takes the
# undos that are left for those of a release that failed.
end_journal() {
  rm -rf "$STATE/journal.over"
  [ ! -d "$STATE/journal" ] || mv "$STATE/journal" "$STATE/journal.over"
  rm -rf "$STATE/journal.over"
}

# The value as one word of a script; newlines at its end stay.
quoted() {
  quoted_text=$(printf '%s.' "$1" | sed "s/'/'\\\\''/g")
  printf "'%s'" "${quoted_text%.}"
}

# assigned NAME VALUE: as text of a script. What the environment exports under that name stays out of it.
assigned() { printf 'unset %s; %s=%s\n' "$1" "$1" "$(quoted "$2")"; }

# critical SCRIPT: runs the text in a session of its own, where no hang-up and no kill of ours reaches
# it, so that it never stops half-way. Its output is kept, and shown when it has ended.
critical() {
  critical_text=$(
    assigned STATE "$STATE"
    # So that what it answers is believed as well.
    assigned MARK "${MARK-}"
    # The script expands these when it runs.
    # shellcheck disable=SC2016
    printf '. "$STATE/bin/lib.sh"\nset -eu\n'
  )
  {
    printf '%s\nnote_process "$$" "$STATE/critical"\n%s\n%s\n' "$critical_text" "$1" "$LAST_LINE" >"$STATE/critical.sh"
  } 2>/dev/null || :
  if ! is_whole "$STATE/critical.sh"; then
    say 'no file can be written on the host: its disk may be full'
    # By a pipe: it is in no argv.
    printf '%s\n%s\n' "$critical_text" "$1" | setsid sh -c 'text=$(cat); exec </dev/null; eval "$text"'
    return
  fi
  setsid sh "$STATE/critical.sh" >"$STATE/critical.out" 2>"$STATE/critical.err" </dev/null &
  critical_pid=$!
  note_process "$critical_pid" "$STATE/critical"
  critical_code=0
  wait "$critical_pid" || critical_code=$?
  cat "$STATE/critical.err" >&2
  cat "$STATE/critical.out"
  rm -f "$STATE/critical" "$STATE/critical.sh" "$STATE/critical.out" "$STATE/critical.err"
  return "$critical_code"
}

await_critical() {
  while [ -n "$(process_of "$STATE/critical")" ]; do sleep 0.1; done
  rm -f "$STATE/critical"
}

# Hands the stack back whole; see abort.sh.
abort_now() {
  await_critical
  # shellcheck disable=SC2016
  critical 'set +e
. "$STATE/bin/abort.sh"'
}

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
