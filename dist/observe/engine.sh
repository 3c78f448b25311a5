# What the engine tells of itself: how it is confined, its machine, where it keeps images, whether it is a node of a
# Docker Swarm, and which stacks run there. Vars: SCRATCH
# shellcheck shell=sh

observe_engine() {
  docker info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}{{println}}{{.DockerRootDir}}{{println}}{{json .DriverStatus}}{{println}}{{json .SecurityOptions}}{{println}}{{.Name}}{{println}}{{.OperatingSystem}}' \
    >"$SCRATCH/engine" || {
    engine_failed info
    return
  }
  {
    IFS= read -r node
    IFS= read -r root
    IFS= read -r driver
    IFS= read -r security
    IFS= read -r named
    IFS= read -r system
  } <"$SCRATCH/engine"
  section engine-security
  printf '%s\n' "$security"
  section engine-name
  printf '%s\n%s\n%s\n' "$(uname -n)" "$named" "$system"
  observe_image_room "$root" "$driver"
  section swarm
  printf '%s\n' "$node"
  case $node in
    inactive*) return ;;
    *true) capture swarm-stacks docker stack ls --format '{{.Name}}' ;;
  esac
  # A worker knows only what runs on it.
  section swarm-tasks
  docker ps --filter label=com.docker.stack.namespace --format '{{.Label "com.docker.stack.namespace"}}' || engine_failed ps
}
