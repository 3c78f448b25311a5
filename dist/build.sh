# Builds (or pulls) the images of SERVICES in the staged tree. Prints `reference image-id` for each of
# REFERENCES, and notes the same in the lease. Vars: STATE STAGE COMPOSE VARIABLES VERB SERVICES REFERENCES LOGINS_OF AUTHS HELPERS
# shellcheck shell=sh
export BUILDX_NO_DEFAULT_ATTESTATIONS=1 DOCKER_BUILDKIT=1 BUILDKIT_PROGRESS=plain COMPOSE_ANSI=never
use_registries "$STATE/stage/$LOGINS_OF/docker-config" "$AUTHS" "$HELPERS" || exit
cd "$STAGE" || exit
say "$ docker compose $COMPOSE $VERB $SERVICES"
eval "$VARIABLES docker compose $COMPOSE $VERB $SERVICES" >&2
for reference in $REFERENCES; do
  printf '%s %s\n' "$reference" "$(docker image inspect -f '{{.Id}}' "$reference")"
done >"$STATE/lease/images"
answer_lines <"$STATE/lease/images"
