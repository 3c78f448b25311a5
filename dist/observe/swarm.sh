# What Docker Swarm has to do with this host: whether it is a node, and which stacks run.
# shellcheck shell=sh

observe_swarm() {
  capture swarm docker info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}' || return 0
  case $(cat "$SCRATCH/swarm.out") in
    inactive*) return ;;
    *true) capture swarm-stacks docker stack ls --format '{{.Name}}' ;;
  esac
  # A worker knows only what runs on it.
  section swarm-tasks
  docker ps --filter label=com.docker.stack.namespace --format '{{.Label "com.docker.stack.namespace"}}' | sort -u
}
