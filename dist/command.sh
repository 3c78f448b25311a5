# Runs a command once in a new container of SERVICE. Vars: DIR COMPOSE VARIABLES SERVICE WORDS (quoted) NAME
# POLICY (yes where the service has a `pull_policy`)
# shellcheck shell=sh
export COMPOSE_ANSI=never COMPOSE_PROGRESS=plain
cd "$DIR" || exit
say "$ docker compose run --rm --no-deps $SERVICE $WORDS"
if [ "$POLICY" = yes ]; then
  # Compose would build or pull another image than the one that was decided: it is told a stack without.
  project=$(eval "$VARIABLES command docker compose $COMPOSE config") || exit
  printf '%s\n' "$project" | sed '/^    pull_policy: /d' |
    eval "$VARIABLES command docker compose --project-directory \"\$DIR\" -f - run --rm --no-deps -T --name \"\$NAME\" \"\$SERVICE\" $WORDS" >&2
  exit
fi
eval "$VARIABLES command docker compose $COMPOSE run --rm --no-deps -T --name \"\$NAME\" \"\$SERVICE\" $WORDS" >&2
