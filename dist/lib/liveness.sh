# Candidates that serve, and may end: whether they live, from the cutover to the point of no return.
# shellcheck shell=sh

# inspect_each LINES COMMAND: lines `service id`; calls COMMAND with both for each container, after look_at. One
# command of docker for all: this is done again and again.
inspect_each() {
  each_ids=$(printf '%s\n' "$1" | awk '{ print $2 }')
  # Ids are hex: they are meant to be split. Where one is gone, or the engine is away, each is asked for by itself.
  # shellcheck disable=SC2086
  each_seen=$([ -z "$each_ids" ] || docker inspect -f "$STATE_TEMPLATE" $each_ids 2>/dev/null) || case $? in 124) each_seen=unanswered ;; *) each_seen= ;; esac
  each_number=0
  while read -r each_service each_id; do
    [ -n "$each_id" ] || continue
    each_number=$((each_number + 1))
    if [ "$each_seen" = unanswered ]; then
      judge_state "$each_id" unanswered
    elif [ -n "$each_seen" ]; then
      judge_state "$each_id" "$(printf '%s\n' "$each_seen" | sed -n "${each_number}p")"
    else
      look_at "$each_id"
    fi
    "$2" "$each_service" "$each_id"
  done <<EOS
$1
EOS
}

# find_dead LINES: sets `failed` to lines `service id reason` of those candidates that will not serve any more.
find_dead() {
  failed=
  inspect_each "$1" note_dead
}
note_dead() { # SERVICE ID
  [ -z "$reason" ] || failed="$failed$1 $2 $reason
"
}

# tell_dead LINES [DIRECTORY]: lines as `failed` has them, for the runner; and for people what the containers said
# last, and their healthchecks into DIRECTORY/ID.said.
tell_dead() {
  while read -r dead_service dead_id dead_reason; do
    [ -n "$dead_id" ] || continue
    answer failed "$dead_service" "$dead_id" "$dead_reason"
    last_words "$dead_service" "$dead_id" "did not survive the soak: $dead_reason" "${2-}/$dead_id.said"
  done <<EOS
$1
EOS
}

# tell_ended SERVICE ID: after look_at; tells people of one that has ended, and may have.
tell_ended() {
  [ "${status-}${code-}" != exited0 ] ||
    echo "warning: $1 has ended with 0, as its restart policy lets it: no container $(printf %.12s "$2") of it runs now" >&2
}

# Exit code of a step that found a candidate that will not serve any more, and has told which.
CANDIDATE_DIED=72

# require_alive LINES: ends with CANDIDATE_DIED, having told it, where one of the candidates (lines `service id`) has died.
require_alive() {
  find_dead "$1"
  [ -z "$failed" ] || {
    tell_dead "$failed"
    exit "$CANDIDATE_DIED"
  }
}

# while_alive LINES SCRIPT: runs the text (one command `together`), and looks at the candidates (lines `service id`)
# meanwhile: where one has died, the text is not waited for, and this ends with CANDIDATE_DIED.
while_alive() {
  (
    set -eu
    together_pids=
    # Ids of processes are meant to be split.
    # shellcheck disable=SC2086
    trap 'kill $together_pids 2>/dev/null; exit 143' TERM
    eval "$2"
  ) &
  work_pid=$!
  work_started=$(process_start "$work_pid")
  alive_rounds=0
  while [ -n "$work_started" ] && [ "$(process_start "$work_pid")" = "$work_started" ]; do
    sleep 0.1
    alive_rounds=$((alive_rounds + 1))
    [ $((alive_rounds % 5)) = 0 ] || continue
    find_dead "$1"
    [ -n "$failed" ] || continue
    kill "$work_pid" 2>/dev/null || :
    tell_dead "$failed"
    exit "$CANDIDATE_DIED"
  done
  wait "$work_pid"
}
