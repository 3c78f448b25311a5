# Starts the job's container and waits for its end; its exit code decides. Vars: ID
# shellcheck shell=sh
run docker start "$ID"
code=$(docker wait "$ID")
docker logs --tail 40 "$ID" >&2
[ "$code" = 0 ] || {
  say "the job exited with $code"
  exit 73
}
