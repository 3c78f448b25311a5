# Candidates that serve, and may end: what is asked of them from the cutover to the point of no return.
# shellcheck shell=sh

# look_at_each LINES COMMAND: lines `service id`; calls COMMAND with both for each container, after look_at. One
# command of docker for all: this is done again and again.
look_at_each() {
  each_ids=$(printf '%s\n' "$1" | awk '{ print $2 }')
  # Ids are hex: they are meant to be split. Where one is gone, or the engine is away, each is asked for by itself.
  # shellcheck disable=SC2086
  each_seen=$([ -z "$each_ids" ] || docker inspect -f "$STATE_TEMPLATE" $each_ids 2>/dev/null) || each_seen=
  each_number=0
  while read -r each_service each_id; do
    [ -n "$each_id" ] || continue
    each_number=$((each_number + 1))
    if [ -n "$each_seen" ]; then
      judge_state "$each_id" "$(printf '%s\n' "$each_seen" | sed -n "${each_number}p")"
    else
      look_at "$each_id"
    fi
    "$2" "$each_service" "$each_id"
  done <<EOS
$1
EOS
}

# fallen LINES: sets `failed` to lines `service id reason` of those candidates that will not serve any more.
fallen() {
  failed=
  look_at_each "$1" note_fallen
}
note_fallen() { # SERVICE ID
  [ -z "$reason" ] || failed="$failed$1 $2 $reason
"
}

# tell_fallen LINES [DIRECTORY]: lines as `failed` has them, for the runner; and for people what the containers said
# last, and their healthchecks into DIRECTORY/ID.said.
tell_fallen() {
  while read -r fallen_service fallen_id fallen_reason; do
    [ -n "$fallen_id" ] || continue
    answer failed "$fallen_service" "$fallen_id" "$fallen_reason"
    last_words "$fallen_service" "$fallen_id" "did not survive the soak: $fallen_reason" "${2-}/$fallen_id.said"
  done <<EOS
$1
EOS
}

# Exit code of a step that found a candidate that will not serve any more, and has told which.
FALLEN=72

# require_standing LINES: ends with FALLEN, having told it, where one of the candidates (lines `service id`) fell.
require_standing() {
  fallen "$1"
  [ -z "$failed" ] || {
    tell_fallen "$failed"
    exit "$FALLEN"
  }
}

# while_they_stand LINES SCRIPT: runs the text (one command `together`), and looks at the candidates (lines `service id`) meanwhile: where one
# fell, it is not waited for, and this ends with FALLEN.
while_they_stand() {
  (
    set -eu
    together_pids=
    # Ids of processes are meant to be split.
    # shellcheck disable=SC2086
    trap 'kill $together_pids 2>/dev/null; exit 143' TERM
    eval "$2"
  ) &
  stand_beside=$!
  stand_since=$(process_start "$stand_beside")
  stand_rounds=0
  while [ -n "$stand_since" ] && [ "$(process_start "$stand_beside")" = "$stand_since" ]; do
    sleep 0.1
    stand_rounds=$((stand_rounds + 1))
    [ $((stand_rounds % 5)) = 0 ] || continue
    fallen "$1"
    [ -n "$failed" ] || continue
    kill "$stand_beside" 2>/dev/null || :
    tell_fallen "$failed"
    exit "$FALLEN"
  done
  wait "$stand_beside"
}
