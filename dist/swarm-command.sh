# Runs a command once in a Swarm, as a job of its own beside the stack's services, and takes that away again.
# Vars: STACK FILE (what docker stack deploy is given: the job alone) JOB (its service) TIMEOUT (seconds until it runs)
# shellcheck shell=sh
swarm_keep "$STACK"
(umask 077 && printf '%s\n' "$FILE" >"$STATE/journal/swarm/stack.json")
critical "swarm_deploy $(quoted "$STACK")"
job=${STACK}_$JOB
job_by=$(($(now) + TIMEOUT))
job_state='' job_ran='' seen='' seen_at=$(now)
until [ -n "$job_state" ]; do
  seen=$(docker service ps --no-trunc --format '{{.CurrentState}}' "$job") || {
    # What does not answer says nothing of a job that goes on.
    [ $(($(now) - seen_at)) -lt "$RESEE_ENGINE_PATIENCE" ] || job_state=unknown
    sleep 0.5
    continue
  }
  seen=$(printf '%s\n' "$seen" | head -n 1)
  seen_at=$(now)
  case $seen in
    Complete*) job_state=complete ;;
    Failed* | Rejected* | Orphaned* | Shutdown* | Remove*) job_state=failed ;;
    Running*)
      job_ran=yes
      sleep 0.5
      ;;
    *)
      if [ -z "$job_ran" ] && [ "$(now)" -ge "$job_by" ]; then job_state=late; else sleep 0.5; fi
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
