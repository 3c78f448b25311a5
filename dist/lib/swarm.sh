# A stack in Docker Swarm: what it was before a release, and how the whole stack is brought back. Vars: STATE
# shellcheck shell=sh

SWARM_STACK_LABEL=com.docker.stack.namespace

# swarm_keep STACK: keeps the specs of all its services, and which tasks and networks there are, for swarm_restore.
# Of several steps of a release the first one keeps them.
swarm_keep() {
  [ ! -e "$STATE/journal/swarm/whole" ] || return 0
  # Environment variables are part of a spec.
  (umask 077 && swarm_keep_in "$1" "$STATE/journal/swarm")
}
swarm_keep_in() { # STACK DIRECTORY
  rm -rf "$2"
  mkdir -p "$2/specs" "$2/templates" "$2/tasks" || return
  docker service ls --filter "label=$SWARM_STACK_LABEL=$1" --format '{{.Name}} {{.Replicas}}' >"$2/services" || return
  while read -r keep_name keep_replicas; do
    docker service inspect --format '{{json .Spec}}' "$keep_name" >"$2/specs/$keep_name" || return
    docker service inspect --format '{{json .Spec.TaskTemplate}}' "$keep_name" >"$2/templates/$keep_name" || return
    docker service ps --no-trunc --quiet "$keep_name" >"$2/tasks/$keep_name" || return
    case $keep_replicas in *' '*) keep_replicas=${keep_replicas%% *} ;; esac
    [ "${keep_replicas%/*}" != "${keep_replicas#*/}" ] || printf '%s\n' "$keep_name"
  done <"$2/services" >"$2/settled"
  docker network ls --quiet --no-trunc --filter "label=$SWARM_STACK_LABEL=$1" >"$2/networks" || return
  for keep_kind in config secret; do
    docker "$keep_kind" ls --quiet --filter "label=$SWARM_STACK_LABEL=$1" >"$2/$keep_kind" || return
  done
  : >"$2/whole"
  # Before anything is changed: a host that loses its power then still knows what was.
  sync
}

# swarm_restore STACK SECONDS: every service has the spec that swarm_keep kept, what is new is gone, and the tasks of
# the services that were complete then run again. Does nothing where nothing was kept. Without a leader of the Swarm
# it fails, and may be tried again.
swarm_restore() {
  [ -e "$STATE/journal/swarm/whole" ] || return 0
  swarm_now=$(docker service ls --filter "label=$SWARM_STACK_LABEL=$1" --format '{{.Name}}') || return
  for swarm_name in $swarm_now; do
    [ -e "$STATE/journal/swarm/specs/$swarm_name" ] || run docker service rm "$swarm_name" || return
  done
  for swarm_spec in "$STATE"/journal/swarm/specs/*; do
    [ ! -e "$swarm_spec" ] || swarm_put "${swarm_spec##*/}" "$swarm_spec" || return
  done
  swarm_forget_networks "$1" || return
  swarm_forget_contents "$1"
  swarm_settled "$1" "$2"
}

# swarm_put NAME FILE: the service has the spec in FILE. What somebody changes meanwhile is looked at again.
swarm_put() {
  put_left=10
  while :; do
    if put_seen=$(docker service inspect --format '{{.ID}} {{.Version.Index}} {{json .Spec}}' "$1" 2>/dev/null); then
      put_rest=${put_seen#* }
      [ "${put_rest#* }" != "$(cat "$2")" ] || return 0
      say "$1: back to its spec of before"
      ! swarm_post "services/${put_seen%% *}/update?version=${put_rest%% *}" "$2" || return 0
    else
      docker service ls --quiet >/dev/null || return
      say "$1: created again"
      ! swarm_post services/create "$2" || return 0
    fi
    put_left=$((put_left - 1))
    [ "$put_left" -gt 0 ] || return 1
    sleep 1
  done
}

# swarm_post PATH FILE: a request to the engine, as the version that the docker command speaks: what that printed
# is what goes back.
swarm_post() {
  post_to=$(docker context inspect --format '{{.Endpoints.docker.Host}}') || return
  post_version=$(docker version --format '{{.Client.APIVersion}}') || return
  case $post_to in unix://*) ;; *)
    say "the engine is not reached by a socket of this host: $post_to"
    return 1
    ;;
  esac
  say "\$ curl --unix-socket ${post_to#unix://} -X POST --data-binary @$2 http://docker/v$post_version/$1"
  post_said=$(curl -sS --max-time 60 --unix-socket "${post_to#unix://}" -w '\n%{http_code}' \
    -H 'Content-Type: application/json' --data-binary "@$2" "http://docker/v$post_version/$1") || return
  case ${post_said##*
} in
    2*) return 0 ;;
    *)
      say "$post_said"
      return 1
      ;;
  esac
}

# Configs and secrets of the stack that no service has any more go; those that one has Swarm keeps. While a release may
# still be brought back, those of before stay.
swarm_forget_contents() { # STACK [ALL]
  for forget_kind in config secret; do
    for forget_id in $(docker "$forget_kind" ls --quiet --filter "label=$SWARM_STACK_LABEL=$1"); do
      [ -n "${2-}" ] || ! grep -qxF "$forget_id" "$STATE/journal/swarm/$forget_kind" || continue
      docker "$forget_kind" rm "$forget_id" >/dev/null 2>&1 || :
    done
  done
}

# A network goes when the last task on it has gone, and is seen for a moment after it was removed: a stack that was
# deployed then would be told of a network that is not found.
swarm_forget_networks() { # STACK
  forget_left=60
  while :; do
    forget_networks=$(docker network ls --quiet --no-trunc --filter "label=$SWARM_STACK_LABEL=$1") || return
    forget_new=
    for forget_id in $forget_networks; do
      ! grep -qxF "$forget_id" "$STATE/journal/swarm/networks" || continue
      docker network rm "$forget_id" >/dev/null 2>&1 || :
      forget_new="$forget_new $forget_id"
    done
    [ -n "$forget_new" ] || return 0
    forget_left=$((forget_left - 1))
    [ "$forget_left" -gt 0 ] || {
      say "networks of the release are left:$forget_new"
      return 1
    }
    sleep 0.5
  done
}

# Waits until those services are complete that were so before; twice in a row, as an update begins a moment after it
# was asked for.
swarm_settled() { # STACK SECONDS
  settled_by=$(($(now) + $2)) settled_times=0
  while :; do
    settled_not=$(swarm_unsettled "$1") || return
    if [ -z "$settled_not" ]; then settled_times=$((settled_times + 1)); else settled_times=0; fi
    [ "$settled_times" -lt 2 ] || return 0
    [ "$(now)" -lt "$settled_by" ] || {
      say "after $2 s these services have not all of their tasks: $settled_not"
      return 1
    }
    sleep 1
  done
}
swarm_unsettled() { # STACK
  docker service ls --filter "label=$SWARM_STACK_LABEL=$1" --format '{{.Name}} {{.Replicas}}' >"$STATE/journal/swarm/replicas" || return
  while read -r unsettled_name unsettled_replicas; do
    grep -qxF "$unsettled_name" "$STATE/journal/swarm/settled" || continue
    unsettled_replicas=${unsettled_replicas%% *}
    unsettled_update=$(docker service inspect --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' "$unsettled_name") || return
    if [ "${unsettled_replicas%/*}" != "${unsettled_replicas#*/}" ] || [ "$unsettled_update" = updating ]; then
      printf '%s ' "$unsettled_name"
    fi
  done <"$STATE/journal/swarm/replicas"
}
