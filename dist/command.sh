# Runs COMMAND once in a new container of SERVICE. Vars: DIR COMPOSE VARIABLES SERVICE COMMAND NAME
# shellcheck shell=sh
export COMPOSE_ANSI=never COMPOSE_PROGRESS=plain
cd "$DIR" || exit
say "$ docker compose run --rm --no-deps $SERVICE $COMMAND"
eval "$VARIABLES docker compose $COMPOSE run --rm --no-deps -T --name \"\$NAME\" \"\$SERVICE\" sh -c \"\$COMMAND\"" >&2
