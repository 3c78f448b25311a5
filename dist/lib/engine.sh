# The Docker Engine may hang: it takes a question, and never answers. Nobody waits for that without end.
# shellcheck shell=sh

# In seconds.
: "${RESEE_ENGINE_SECONDS:=60}"

# What says which engine docker speaks to, and how. Names of variables: they are meant to be split.
# shellcheck disable=SC2034
DOCKER_VARIABLES='DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION'

# docker ARGUMENT…: the program. A question is given up after these seconds, with 124; what changes a container after ten
# times as many. What may take as long as it wants (a build, a grace period, a job) has no limit. Where variables are
# assigned before it, it is `command docker`: shells differ in whether a function exports them.
docker() {
  case ${1-}/${2-} in
    ps/* | inspect/* | top/* | version/* | --version/* | info/* | history/* | logs/* | */ls | */inspect | service/ps)
      engine_seconds=$RESEE_ENGINE_SECONDS
      ;;
    start/* | update/* | kill/* | tag/* | cp/* | system/*) engine_seconds=$((RESEE_ENGINE_SECONDS * 10)) ;;
    *)
      command docker "$@"
      return
      ;;
  esac
  engine_code=0
  # In our process group: what ends that ends it too.
  timeout --foreground -k 5 "$engine_seconds" docker "$@" || engine_code=$?
  # 137: killed, as it did not end either when it was told to.
  case $engine_code in 124 | 137)
    engine_unanswered "$engine_seconds" "$1"
    return 124
    ;;
  esac
  return "$engine_code"
}
# last_log ID LINES: what the container wrote last, for people. A line may have any length.
last_log() {
  docker logs --tail "$2" "$1" 2>&1 | head -c $(($2 * 4096)) >&2
}
# present ID…: those of the containers that are still there.
present() {
  present_ids=$(docker ps -aq --no-trunc) || return
  for id in $present_ids; do
    case " $* " in *" $id "*) printf '%s ' "$id" ;; esac
  done
}
# says_none TEXT: by it the engine has nothing of that name. A socket that is not there is none of its words.
says_none() {
  case $1 in *[Nn]'o such object'* | *[Nn]'o such container'* | *[Nn]'o such image'*) ;; *) return 1 ;; esac
}
engine_unanswered() { say "the Docker Engine did not answer within $1 s: docker $2"; }
