# The stack's release records, the lease, and what runs; changes nothing. Vars: STATE MARK DIR
# Follows lib/engine.sh.
# shellcheck shell=sh
set -u
section() { printf '\n=%s=%s=\n' "$MARK" "$1"; }
for record in "$STATE"/releases/*.json; do
  [ -e "$record" ] || continue
  section "release:$(basename "$record" .json)"
  cat "$record"
done
if [ -d "$STATE/lease" ]; then
  section lease
  cat "$STATE/lease/owner"
fi
for record in "$STATE"/releases/*.env-path; do
  [ -e "$record" ] || continue
  section "env-path:$(basename "$record" .env-path)"
  cat "$record"
done
section running
engine_unanswered() { echo "what runs is not known: the Docker Engine did not answer within $1 s (docker $2)"; }
docker ps --filter "label=com.docker.compose.project.working_dir=$DIR" --format '{{.Label "com.docker.compose.service"}}  {{.Image}}  {{.Status}}' &&
  docker ps --filter "label=com.docker.stack.namespace=$(basename "$STATE")" --format '{{.Label "com.docker.swarm.service.name"}}  {{.Image}}  {{.Status}}' ||
  [ $? = 124 ] || echo 'what runs is not known: docker ps failed'
[ ! -f "$DIR/.env" ] || section dotenv
section end
