# Creates containers of SERVICES from the live directory beside what runs, and leaves their ids in `new`.
#
# Not `up --no-deps`: older Composes then leave depends_on out of the digest that they label a container
# with, and the next plain `docker compose up` would recreate it. `--no-start` touches no dependency.
# Vars: DIR COMPOSE VARIABLES SCALES SERVICES NEEDED PROJECT KNOWN REMOVE RESUME LOGINS_OF AUTHS HELPERS
# HANDED (lines `SERVICE VOLUME:TARGET…`, one for each new container that gets volumes of an old one; see hand_on)
# shellcheck shell=sh
export COMPOSE_ANSI=never COMPOSE_PROGRESS=plain
for id in $REMOVE; do
  remove_container "$id" || {
    say "Docker cannot remove the container $id, which Compose would take for one of this release: on the host, docker rm --force $id, or sudo systemctl restart docker"
    exit 1
  }
done
# An image that nobody built or pulled before is pulled here.
use_registries "$STATE/stage/$LOGINS_OF/docker-config" "$AUTHS" "$HELPERS" || exit
cd "$DIR" || exit
# Compose brings what the services depend on to its number as well: a candidate there would be removed.
listed=$(docker ps -a --filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.oneoff=False \
  --format '{{.Label "com.docker.compose.service"}}') || exit
while read -r count service; do
  case " $NEEDED " in *" $service "*) ;; *) continue ;; esac
  case " $SERVICES " in *" $service "*) ;; *) SCALES="$SCALES --scale $service=$count" ;; esac
done <<EOS
$(printf '%s\n' "$listed" | sort | uniq -c | awk '$1 > 1')
EOS
# What runs is the image that was decided, whatever `pull_policy` says: nothing is built or pulled for it that is
# there. Containers of services that the commit no longer has stay until the release is proven, whatever
# COMPOSE_REMOVE_ORPHANS says on the host.
arguments="up --no-start --no-recreate --no-build --pull missing --remove-orphans=false $SCALES $SERVICES"
say "$ docker compose $COMPOSE $arguments"
eval "$VARIABLES command docker compose $COMPOSE $arguments" >&2
[ -z "$RESUME" ] || eval "run docker start $RESUME"
new=$RESUME
listed=$(docker ps -a --no-trunc --filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.oneoff=False \
  --format '{{.ID}} {{.Label "com.docker.compose.service"}}') || exit
while read -r id service; do
  case " $SERVICES " in *" $service "*) ;; *) continue ;; esac
  case " $KNOWN " in *" $id "*) ;; *) new="$new $id" ;; esac
done <<EOS
$listed
EOS
# Ids are hex: they are meant to be split.
# shellcheck disable=SC2086
[ -z "$HANDED" ] || new=$(hand_each "$HANDED" "$RESUME" $new) || exit
