# Containers and their images.
# shellcheck shell=sh

container_ids() { # PROJECT SERVICE: every container of the service, also stopped ones
  docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" \
    --filter "label=com.docker.compose.service=$2" --filter label=com.docker.compose.oneoff=False
}

# remove_new_containers PROJECT SERVICE ID…: removes the service's containers, all but these.
remove_new_containers() {
  project=$1 service=$2
  shift 2
  for id in $(container_ids "$project" "$service"); do
    case " $* " in *" $id "*) continue ;; esac
    # Whatever took it back, its own words go with it.
    say "the last lines of $service:"
    docker logs --tail 40 "$id" >&2 || say '(it has no log)'
    run docker stop "$id"
    run docker rm -f "$id"
  done
}

# remove_container NAME: it is gone when this returns. Where `--rm` takes it away at the same moment, docker
# refuses to do it twice.
remove_container() {
  docker inspect "$1" >/dev/null 2>&1 || return 0
  ! run docker rm -f "$1" || return 0
  gone_by=$(($(now) + 10))
  while docker inspect "$1" >/dev/null 2>&1; do
    [ "$(now)" -lt "$gone_by" ] || return 1
    sleep 0.2
  done
}

# remove_unused_networks PROJECT: after a first deploy that failed; volumes stay, they hold data.
remove_unused_networks() {
  for network in $(docker network ls -q --filter "label=com.docker.compose.project=$1"); do
    [ "$(docker network inspect -f '{{len .Containers}}' "$network")" != 0 ] || run docker network rm "$network"
  done
}

# create_again DIR COMPOSE PROJECT SERVICE: containers of the service by what the live directory says.
create_again() {
  (cd "$1" && eval "docker compose $2 up --no-start --no-recreate $4") >&2
  # shellcheck disable=SC2046
  run docker start $(container_ids "$3" "$4")
}

start_containers() { # ID…
  for id in "$@"; do
    [ "$(docker inspect -f '{{.State.Running}}' "$id")" = true ] || run docker start "$id"
  done
}

# serve_again ID…: starts those that do not run, and waits until all are ready, at most a minute: from
# then on requests may go to them again.
serve_again() {
  start_containers "$@"
  ready_by=$(($(now) + 60))
  for id in "$@"; do
    until is_ready "$id"; do
      if [ "$(now)" -ge "$ready_by" ]; then
        say "$id is not ready a minute after it was started again"
        break
      fi
      sleep 0.2
    done
  done
}

# An image that a failed release made, and that no reference names: a kept release may have the same.
remove_unnamed() {
  [ "$(docker image inspect -f '{{len .RepoTags}}' "$1" 2>/dev/null)" != 0 ] || docker rmi "$1" >&2 ||
    say "the image $1 is still used, and stays"
}

# restore_tag REFERENCE IMAGE: the reference names that image again, or nothing if it named nothing.
# The image that it named until now goes, where nothing else names or uses it.
restore_tag() {
  made=$(docker image inspect -f '{{.Id}}' "$1" 2>/dev/null || :)
  if [ -n "$2" ]; then
    run docker tag "$2" "$1"
  elif docker image inspect "$1" >/dev/null 2>&1; then
    run docker rmi "$1"
  fi
  [ -z "$made" ] || remove_unnamed "$made"
}
