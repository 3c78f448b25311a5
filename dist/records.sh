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
running() {
  # Compose says the directory of its first file, which may lie below the stack's.
  running=$(docker ps --format '{{.Label "com.docker.compose.project.working_dir"}}/\t{{.Label "com.docker.compose.service"}}  {{.Image}}  {{.Status}}') || {
    code=$?
    # What is known of a failure.
    printf '%s\n' "$running"
    return "$code"
  }
  printf '%s\n' "$running" | PLACE=$DIR/ awk -F '\t' 'index($1, ENVIRON["PLACE"]) == 1 { print $2 }'
  docker ps --filter "label=com.docker.stack.namespace=$(basename "$STATE")" --format '{{.Label "com.docker.swarm.service.name"}}  {{.Image}}  {{.Status}}'
}
running || [ $? = 124 ] || echo 'what runs is not known: docker ps failed'
[ ! -f "$DIR/.env" ] || section dotenv
section end
