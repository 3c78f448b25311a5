# Deploys services of a stack to Docker Swarm, and waits until it has converged. Prints `docker inspect` of the
# containers of their tasks on this host.
# Vars: STACK FILE (what docker stack deploy is given) SERVICES TIMEOUT (seconds)
# shellcheck shell=sh
swarm_keep "$STACK"
(umask 077 && printf '%s\n' "$FILE" >"$STATE/journal/swarm/stack.json")
critical "swarm_deploy $(quoted "$STACK")"
# Names are those of services: they are meant to be split.
# shellcheck disable=SC2086
swarm_converge "$STACK" "$TIMEOUT" $SERVICES
for service in $SERVICES; do
  ids=$(swarm_containers "${STACK}_$service") || exit
  # shellcheck disable=SC2086
  [ -z "$ids" ] || begun=$(docker inspect $ids) || exit
  [ -z "$ids" ] || printf '%s\n' "$begun" | answer_lines
  answer next
done
