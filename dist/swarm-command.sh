# Runs a command once in a Swarm, as a job of its own beside the stack's services, and takes that away again.
# Vars: STACK FILE (what docker stack deploy is given: the job alone) JOB (its service) TIMEOUT (seconds until it runs)
# shellcheck shell=sh
swarm_keep "$STACK"
(umask 077 && printf '%s\n' "$FILE" >"$STATE/journal/swarm/stack.json")
critical "swarm_deploy $(quoted "$STACK")"
job=${STACK}_$JOB
job_by=$(($(now) + TIMEOUT))
job_state=
until [ -n "$job_state" ]; do
  seen=$(docker service ps --no-trunc --format '{{.CurrentState}}' "$job" | head -n 1)
  case $seen in
    Complete*) job_state=complete ;;
    Failed* | Rejected* | Orphaned* | Shutdown* | Remove*) job_state=failed ;;
    Running*) sleep 0.5 ;;
    *)
      if [ "$(now)" -ge "$job_by" ]; then job_state=late; else sleep 0.5; fi
      ;;
  esac
done
id=$(swarm_containers "$job" --all | head -n 1)
[ -z "$id" ] || last_log "$id" 1000
[ "$job_state" = complete ] || {
  say "the task of $job: $seen$(swarm_errors "$job")"
  exit 1
}
run docker service rm "$job"
