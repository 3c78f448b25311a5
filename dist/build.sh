# Builds (or pulls) the images of BASES, one by one, then of SERVICES, in the staged tree. Prints `reference image-id` for each of
# REFERENCES, and notes the same in the lease. Vars: STATE STAGE COMPOSE VARIABLES VERB BASES SERVICES REFERENCES LOGINS_OF AUTHS HELPERS
#   ROOM (arguments of make_room, quoted, or nothing)
# shellcheck shell=sh
export BUILDX_NO_DEFAULT_ATTESTATIONS=1 DOCKER_BUILDKIT=1 BUILDKIT_PROGRESS=plain COMPOSE_ANSI=never
use_registries "$STATE/stage/$LOGINS_OF/docker-config" "$AUTHS" "$HELPERS" || exit
[ -z "$ROOM" ] || eval "make_room $ROOM" || exit
cd "$STAGE" || exit
make_images() { # SERVICES, quoted
  say "$ docker compose $COMPOSE $VERB $1"
  eval "$VARIABLES command docker compose $COMPOSE $VERB $1" >&2
}
for base in $BASES; do make_images "$base"; done
[ -z "$SERVICES" ] || make_images "$SERVICES"
for reference in $REFERENCES; do
  id=$(docker image inspect -f '{{.Id}}' "$reference")
  printf '%s %s\n' "$reference" "$id"
done >"$STATE/lease/images"
answer_lines <"$STATE/lease/images"
