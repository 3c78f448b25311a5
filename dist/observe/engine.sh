# What the engine tells of itself: where it keeps images, whether it is a node of a Docker Swarm, and which stacks run
# there. Vars: SCRATCH
# shellcheck shell=sh

observe_engine() {
  docker info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}{{println}}{{.DockerRootDir}}{{println}}{{json .DriverStatus}}' \
    >"$SCRATCH/engine" || {
    engine_failed info
    return
  }
  {
    IFS= read -r node
    IFS= read -r root
    IFS= read -r driver
  } <"$SCRATCH/engine"
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
