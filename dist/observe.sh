# One look at the host: what it is, what runs, what the commit wants. Changes nothing but the stage
# (a directory of this run's own) and git's object store.
# Vars: DIR STATE RUN MARK REMOTE BRANCH SHA TOKEN COMPOSE (arguments of docker compose, quoted)
# Prints sections; a section NAME.err holds what a failed command said.
# shellcheck shell=sh
set -u
umask 077
export LC_ALL=C GIT_TERMINAL_PROMPT=0 COMPOSE_ANSI=never

section() { printf '\n=%s=%s=\n' "$MARK" "$1"; }
scratch=$(mktemp -d)
trap 'wait; rm -rf "$scratch"' EXIT

# capture NAME COMMAND…: its output as section NAME, or its complaint as NAME.err.
capture() {
  name=$1
  shift
  if "$@" >"$scratch/$name.out" 2>"$scratch/$name.err"; then
    section "$name"
    cat "$scratch/$name.out"
  else
    code=$?
    section "$name.err"
    cat "$scratch/$name.err" "$scratch/$name.out"
    return "$code"
  fi
}

# What does not wait for each other runs side by side: each command of docker costs a moment.
beside() { # NAME COMMAND…
  job=$1
  shift
  "$@" >"$scratch/$job.job" &
  eval "job_$job=$!"
}
shown() { # NAME: what it printed, once it has ended
  eval "wait \"\$job_$1\""
  ended=$?
  cat "$scratch/$1.job"
  return "$ended"
}

compose() { (cd "$1" && shift && eval "docker compose $COMPOSE \"\$@\""); }
project_of() { sed -n 's/^  "name": "\(.*\)",\{0,1\}$/\1/p' "$1" | head -n 1; }
git_fetch() {
  RESEE_TOKEN=$TOKEN git --git-dir "$1" -c credential.helper= \
    -c 'credential.helper=!f() { test "$1" = get && test -n "$RESEE_TOKEN" && printf "username=x-access-token\npassword=%s\n" "$RESEE_TOKEN"; }; f' \
    fetch --quiet --no-tags --force "$REMOTE" "+refs/heads/$BRANCH:refs/resee-deploy/branch"
}
git_live() { git --git-dir "$git" --work-tree "$DIR" -c core.quotePath=false "$@"; }

# --- what runs: the containers of a project, what they use, what their proxies have loaded ----------
# loaded_config KIND ID COMMAND: as the container's own user, who may read it.
loaded_config() {
  case $1 in
    nginx)
      # Its own words (binary, -c, -p) are meant to be split.
      # shellcheck disable=SC2046
      docker exec "$2" "${3%% *}" -T $(printf '%s' "$3" | grep -oE ' -[cp] [^ ]+')
      ;;
    caddy)
      docker exec "$2" wget -qO- http://127.0.0.1:2019/config/ && return
      file=$(printf '%s' "$3" | sed -n 's/.* --config[ =]\([^ ]*\).*/\1/p')
      docker exec "$2" caddy adapt --config "${file:-/etc/caddy/Caddyfile}"
      ;;
  esac
}

# Lines `PID KIND COMMAND`, whatever image or script started it: the host sees every process.
proxy_processes() {
  ps -eo pid=,args= | sed -n \
    -e 's/^ *\([0-9]*\) nginx: master process \(.*\)/\1 nginx \2/p' \
    -e 's#^ *\([0-9]*\) \([^ ]*/\)\{0,1\}caddy run#\1 caddy caddy run#p'
}

what_runs() { # PROJECT
  docker ps --no-trunc --format '{{.ID}} {{.Names}} ,{{.Networks}}' >"$scratch/running" &
  listing=$!
  ids=$(docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1")
  section containers
  # Ids are hex: they are meant to be split.
  # shellcheck disable=SC2086
  [ -z "$ids" ] || docker inspect $ids &
  inspecting=$!
  # shellcheck disable=SC2086
  [ -z "$ids" ] || docker inspect -f '{{.Id}} {{.State.Pid}} {{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' $ids >"$scratch/project"
  wait "$listing" "$inspecting"
  section memory
  [ -z "$ids" ] || while read -r id pid _; do
    # Version 2 of the kernel's control groups has one hierarchy, version 1 one for memory.
    group=$(awk -F: '$2 == "memory" {print "/memory" $3; exit} $1 == "0" {print $3}' "/proc/$pid/cgroup" 2>/dev/null | head -n 1)
    [ -z "$group" ] || awk -v id="$id" '$1 == "anon" || $1 == "total_rss" {print id, int($2 / 1024); exit}' "/sys/fs/cgroup$group/memory.stat" 2>/dev/null
  done <"$scratch/project"
  # Proxies of the stack, and those of other projects that share a network with it.
  networks=" $([ -z "$ids" ] || cut -d' ' -f3- "$scratch/project" | tr '\n' ' ') "
  proxy_processes >"$scratch/proxies"
  asking=
  while read -r pid kind command; do
    found=$(grep -oE '[0-9a-f]{64}' "/proc/$pid/cgroup" 2>/dev/null | head -n 1)
    while read -r id name joined; do
      [ "$id" = "$found" ] || continue
      shared=
      for network in $(printf '%s' "$joined" | tr , ' '); do
        case $networks in *" $network "*) shared=yes ;; esac
      done
      [ -n "$shared" ] || continue
      capture "proxy:$kind:$id:$name:${joined#,}" loaded_config "$kind" "$id" "$command" </dev/null >"$scratch/proxy-$pid" &
      asking="$asking $pid:$!"
    done <"$scratch/running"
  done <"$scratch/proxies"
  for asked in $asking; do
    # What it complains of is told in its section.
    wait "${asked#*:}" || :
    cat "$scratch/proxy-${asked%%:*}"
  done
}

# --- the machine --------------------------------------------------------------------------------
docker_version() { capture docker docker version --format '{{json .Server}}'; }
compose_version() {
  capture compose docker compose version --short || capture compose-v1 docker-compose version --short
}
images() {
  section images
  docker image ls --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'
}
section state
printf '%s\n' "$STATE"
beside docker docker_version
beside compose compose_version
beside images images
# Nearly always Compose's own choice as well; where it is not, it is looked at again.
guessed=$(basename "$STATE")
beside running what_runs "$guessed"
# Whatever else is wrong, what is wrong with the machine is told as well.
end_here() {
  shown docker
  shown compose
  exit 0
}
capture git-version git --version || end_here
capture tools sh -c 'for t in flock setsid tar timeout awk cmp bash ps; do command -v "$t" >/dev/null || echo "$t"; done'
section meminfo
grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
section disk
{ df -Pk /var/lib/docker 2>/dev/null || df -Pk /; } | tail -n 1

# --- what we know of earlier releases -----------------------------------------------------------
for record in "$STATE"/releases/*.json; do
  [ -e "$record" ] || continue
  section "release:$(basename "$record" .json)"
  cat "$record"
done
[ ! -d "$STATE/lease" ] || capture lease cat "$STATE/lease/owner"
[ ! -d "$STATE/journal" ] || capture journal ls "$STATE/journal"

# --- git: the live directory, the commit, what differs ------------------------------------------
section live
[ ! -d "$DIR" ] || echo directory
[ ! -e "$DIR/.git" ] || echo git
if [ -d "$DIR" ]; then [ ! -w "$DIR" ] || echo writable; else
  parent=$(dirname "$DIR")
  while [ ! -d "$parent" ]; do parent=$(dirname "$parent"); done
  [ ! -w "$parent" ] || echo writable
fi
home=$STATE/stage/$RUN
rm -rf "$home"
stage=$home/$(basename "$DIR")
mkdir -p "$stage"
if [ -e "$DIR/.git" ]; then
  git=$(cd "$DIR" && git rev-parse --absolute-git-dir)
else
  git init -q "$home/clone" && git=$home/clone/.git
fi
section git-dir
printf '%s\n' "$git"
head=$(git_live rev-parse -q --verify 'HEAD^{commit}' 2>/dev/null) && section head && echo "$head"
capture branch git_live symbolic-ref -q --short HEAD
capture fetch git_fetch "$git" || end_here
capture commit git_live rev-parse -q --verify "$SHA^{commit}" || end_here
SHA=$(git_live rev-parse "$SHA^{commit}")
section on-branch
git_live merge-base --is-ancestor "$SHA" refs/resee-deploy/branch && echo yes
section tip
git_live rev-parse refs/resee-deploy/branch
section subject
git_live log -1 --format=%s "$SHA"
if [ -n "$head" ]; then
  beside live capture live-config compose "$DIR" config --format json
  section head-on-branch
  git_live merge-base --is-ancestor "$head" refs/resee-deploy/branch && echo yes
  section newer-than-head
  git_live merge-base --is-ancestor "$head" "$SHA" && echo yes
  section local-commits
  git_live log --format='%h %s' -n 20 "$head" --not refs/resee-deploy/branch
  capture dirty git_live status --porcelain --untracked-files=no --no-renames
fi
base=${head:-$(git_live hash-object -t tree /dev/null)}
section changed
git_live diff --name-status --no-renames "$base" "$SHA"

# --- the staged tree: the commit, with the host's own files laid over it --------------------------
GIT_INDEX_FILE=$home/index git --git-dir "$git" --work-tree "$stage" read-tree "$SHA" &&
  (cd "$stage" && umask 022 && GIT_INDEX_FILE=$home/index git --git-dir "$git" --work-tree "$stage" checkout-index -q --all --force)
if [ -d "$DIR" ]; then
  section conflicts
  git_live diff --name-only --no-renames --diff-filter=A "$base" "$SHA" | while IFS= read -r path; do
    { [ -e "$DIR/$path" ] || [ -h "$DIR/$path" ]; } && ! cmp -s "$DIR/$path" "$stage/$path" && printf '%s\n' "$path"
  done
  # Local changes to files that the commit doesn't touch stay, so they count in the build as well.
  git_live status --porcelain --untracked-files=no --no-renames | cut -c4- | while IFS= read -r path; do
    [ ! -f "$DIR/$path" ] || [ ! -f "$stage/$path" ] || cp -pP "$DIR/$path" "$stage/$path"
  done
  # Untracked files (.env, data directories) are the host's own. A small file is copied, so that a
  # build context holds it; what is large or a directory is linked.
  # Before the first deploy only the commit's own index tells a placed file from a directory of the commit.
  (cd "$DIR" && { [ -n "$head" ] || export GIT_INDEX_FILE="$home/index"; } && git --git-dir "$git" --work-tree . -c core.quotePath=false ls-files --others --directory --no-empty-directory) |
    while IFS= read -r path; do
      path=${path%/}
      [ ! -e "$stage/$path" ] || continue
      mkdir -p "$stage/$(dirname "$path")"
      if [ -f "$DIR/$path" ] && [ "$(wc -c <"$DIR/$path")" -le 1048576 ]; then
        cp -pP "$DIR/$path" "$stage/$path"
      else
        ln -s "$DIR/$path" "$stage/$path"
      fi
    done
fi
section stage
printf '%s\n' "$stage"
section files
git_live ls-tree -r --name-only "$SHA" | head -n 20000

# --- Compose: what the commit wants, what the live directory says ---------------------------------
capture config compose "$stage" config --format json || end_here
shown docker || exit 0
shown compose
project=$(project_of "$scratch/config.out")
[ -z "$head" ] || shown live
shown images
if [ "$project" = "$guessed" ]; then shown running; else what_runs "$project"; fi

section proxy-files
{
  git_live grep -lE '((proxy|fastcgi|grpc|uwsgi)_pass|reverse_proxy|php_fastcgi) ' "$SHA" -- ':!*.md'
  git_live grep -lE '^ *server ' "$SHA" -- '*haproxy*'
} | sed 's/^[^:]*://' | head -n 50 | while IFS= read -r path; do
  section "proxy-file:$path"
  cat "$stage/$path"
done
section end
