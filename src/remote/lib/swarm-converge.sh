# A stack in Docker Swarm takes a release: whether its services converge, and which of them do not. Vars: STATE
# shellcheck shell=sh

# swarm_deploy STACK: what journal/swarm/stack.json says; services that it does not name stay as they are.
swarm_deploy() {
  set -- --resolve-image never --compose-file "$STATE/journal/swarm/stack.json" "$1"
  # Newer versions may wait where nothing is said, and would take a rollback by Swarm for a success.
  ! docker stack deploy --help | grep -q -- --detach || set -- --detach "$@"
  run docker stack deploy "$@"
}

# swarm_judge NAME: how the service stands; sets `verdict` (ready, waiting, failed) and `reason`.
swarm_judge() {
  judge_seen=$(docker service inspect --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{else}}none{{end}} {{if .Spec.Mode.Global}}global{{else if .Spec.Mode.Replicated}}{{.Spec.Mode.Replicated.Replicas}}{{else}}job{{end}} {{json .Spec.TaskTemplate}}' "$1") || return
  judge_state=${judge_seen%% *} judge_rest=${judge_seen#* }
  judge_wanted=${judge_rest%% *}
  judge_old=
  # Another template makes every task another one.
  [ "${judge_rest#* }" = "$(cat "$STATE/journal/swarm/templates/$1" 2>/dev/null)" ] ||
    judge_old=$(tr '\n' ' ' 2>/dev/null <"$STATE/journal/swarm/tasks/$1")
  # RUNNING (of the new ones) WANTED STILL (of the old ones)
  judge_tasks=$(docker service ps --no-trunc --format '{{.ID}} {{.DesiredState}} {{.CurrentState}}' "$1") || return
  judge_counts=$(printf '%s\n' "$judge_tasks" | awk -v old=" $judge_old" '
    index(old, " " $1 " ") { if ($3 == "Running") still++; next }
    $2 == "Running" { wanted++; if ($3 == "Running") running++ }
    END { print running + 0, wanted + 0, still + 0 }')
  judge_running=${judge_counts%% *} judge_still=${judge_counts##* }
  if [ "$judge_wanted" = global ]; then
    judge_wanted=${judge_counts#* }
    judge_wanted=${judge_wanted% *}
    [ "$judge_wanted" -gt 0 ] || judge_wanted=1
  fi
  verdict=waiting
  reason="$judge_running of $judge_wanted new tasks run"
  [ "$judge_still" = 0 ] || reason="$reason, and $judge_still old ones still do"
  case $judge_state in
    paused | rollback_*)
      verdict=failed
      reason="Swarm has given it up: $(docker service inspect --format '{{.UpdateStatus.Message}}' "$1")$(swarm_errors "$1")"
      ;;
    none | completed)
      if [ "$judge_running" = "$judge_wanted" ] && [ "$judge_still" = 0 ]; then verdict=ready; fi
      ;;
  esac
}

# What Swarm says of the newest tasks that failed, in one line.
swarm_errors() { # NAME
  docker service ps --no-trunc --format '{{.Error}}' "$1" 2>/dev/null | sed '/^$/d' | head -n 1 | sed 's/^/: /'
}

# The containers of a service's tasks on this host, the newest first.
swarm_containers() { # NAME [OPTION…]
  containers_of=$1
  shift
  docker ps --quiet --no-trunc "$@" --filter "label=com.docker.swarm.service.name=$containers_of"
}

# The container that tells why a service has failed: the newest one that has ended, or one that goes on; one that was
# only just made has said nothing yet.
swarm_failed() { # NAME
  for failed_status in exited running created; do
    failed_id=$(swarm_containers "$1" --all --filter "status=$failed_status" | head -n 1)
    [ -z "$failed_id" ] || break
  done
  printf '%s\n' "$failed_id"
}

# swarm_converge STACK SECONDS SERVICE…: returns when all of them have the release, and only it. Exit 71: one has not;
# prints `failed SERVICE ID REASON`.
swarm_converge() {
  converge_stack=$1 converge_by=$(($(now) + $2)) converge_within=$2
  shift 2
  while :; do
    converge_failed='' converge_waiting=''
    for converge_service in "$@"; do
      swarm_judge "${converge_stack}_$converge_service" || return
      case $verdict in
        failed) converge_failed="$converge_failed$converge_service $reason
" ;;
        waiting) converge_waiting="$converge_waiting$converge_service $reason within $converge_within s$(swarm_errors "${converge_stack}_$converge_service")
" ;;
      esac
    done
    [ -n "$converge_failed$converge_waiting" ] || return 0
    [ -z "$converge_failed" ] || break
    [ "$(now)" -lt "$converge_by" ] || {
      converge_failed=$converge_waiting
      break
    }
    sleep 0.5
  done
  while read -r converge_service reason; do
    [ -n "$converge_service" ] || continue
    converge_id=$(swarm_failed "${converge_stack}_$converge_service")
    answer failed "$converge_service" "${converge_id:--}" "$reason"
    [ -z "$converge_id" ] || last_words "$converge_service" "$converge_id" "is not ready: $reason" /dev/null
  done <<EOS
$converge_failed
EOS
  return 71
}
