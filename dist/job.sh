# Follows up.sh: starts the `new` container of a job, prints its `docker inspect`, and waits for its end;
# the exit code decides. Vars: new CONTENTS (see put_contents)
# shellcheck shell=sh
# Ids are hex: they are meant to be split.
# shellcheck disable=SC2086
[ -z "$new" ] || put_contents "$CONTENTS" $new
# shellcheck disable=SC2086
[ -z "$new" ] || begun=$(docker inspect $new) || exit
[ -z "$new" ] || printf '%s\n' "$begun" | answer_lines
for id in $new; do
  run docker start "$id"
  code=$(docker wait "$id")
  last_log "$id" 40
  [ "$code" = 0 ] || {
    say "the job exited with $code"
    exit 73
  }
done
