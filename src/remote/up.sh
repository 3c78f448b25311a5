# Creates containers of SERVICES from the live directory beside what runs, and starts them where START
# is set. Prints `docker inspect` of every container of PROJECT that is not in KNOWN.
#
# Not `up --no-deps`: older Composes then leave depends_on out of the digest that they label a container
# with, and the next plain `docker compose up` would recreate it. `--no-start` touches no dependency.
# Vars: DIR COMPOSE SCALES SERVICES PROJECT KNOWN REMOVE RESUME START
# shellcheck shell=sh
export COMPOSE_ANSI=never COMPOSE_PROGRESS=plain
for id in $REMOVE; do run docker rm --force "$id"; done
cd "$DIR" || exit
arguments="up --no-start --no-recreate $SCALES $SERVICES"
say "$ docker compose $COMPOSE $arguments"
eval "docker compose $COMPOSE $arguments" >&2
[ -z "$RESUME" ] || eval "run docker start $RESUME"
new=$RESUME
for id in $(docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.oneoff=False); do
  case " $KNOWN " in *" $id "*) ;; *) new="$new $id" ;; esac
done
# Ids are hex: they are meant to be split.
# shellcheck disable=SC2086
if [ -n "$new" ]; then
  [ -z "$START" ] || run docker start $new
  docker inspect $new
fi
