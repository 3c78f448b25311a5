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
trap 'rm -rf "$scratch"' EXIT

# capture NAME COMMAND…: its output as section NAME, or its complaint as NAME.err.
capture() {
  name=$1
  shift
  if "$@" >"$scratch/out" 2>"$scratch/err"; then
    section "$name"
    cat "$scratch/out"
  else
    code=$?
    section "$name.err"
    cat "$scratch/err" "$scratch/out"
    return "$code"
  fi
}

compose() { (cd "$1" && shift && eval "docker compose $COMPOSE \"\$@\""); }
project_of() { sed -n 's/^  "name": "\(.*\)",\{0,1\}$/\1/p' "$1" | head -n 1; }
git_fetch() {
  RESEE_TOKEN=$TOKEN git --git-dir "$1" -c credential.helper= \
    -c 'credential.helper=!f() { test "$1" = get && test -n "$RESEE_TOKEN" && printf "username=x-access-token\npassword=%s\n" "$RESEE_TOKEN"; }; f' \
    fetch --quiet --no-tags --force "$REMOTE" "+refs/heads/$BRANCH:refs/resee-deploy/branch"
}
git_live() { git --git-dir "$git" --work-tree "$DIR" -c core.quotePath=false "$@"; }

# --- the machine --------------------------------------------------------------------------------
section state
printf '%s\n' "$STATE"
capture docker docker version --format '{{json .Server}}' || exit 0
capture compose docker compose version --short || capture compose-v1 docker-compose version --short
capture git-version git --version || exit 0
capture tools sh -c 'for t in flock setsid tar timeout awk cmp bash; do command -v "$t" >/dev/null || echo "$t"; done'
section meminfo
grep -E '^(MemTotal|MemAvailable|SwapTotal):' /proc/meminfo
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
capture fetch git_fetch "$git" || exit 0
capture commit git_live rev-parse -q --verify "$SHA^{commit}" || exit 0
SHA=$(git_live rev-parse "$SHA^{commit}")
section on-branch
git_live merge-base --is-ancestor "$SHA" refs/resee-deploy/branch && echo yes
section tip
git_live rev-parse refs/resee-deploy/branch
section subject
git_live log -1 --format=%s "$SHA"
if [ -n "$head" ]; then
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
capture config compose "$stage" config --format json || exit 0
project=$(project_of "$scratch/out")
if [ -n "$head" ]; then capture live-config compose "$DIR" config --format json; fi

# --- what runs ------------------------------------------------------------------------------------
ids=$(docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$project")
section containers
# Ids are hex: they are meant to be split.
# shellcheck disable=SC2086
[ -z "$ids" ] || docker inspect $ids
section images
docker image ls --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'
# Proxies of the stack, and those of other projects that share a network with it.
loaded_config() { # KIND ID COMMAND
  case $1 in
    nginx)
      # shellcheck disable=SC2046
      docker exec "$2" nginx -T $(printf '%s' "$3" | grep -oE ' -[cp] [^ "]+')
      ;;
    caddy)
      docker exec "$2" wget -qO- http://127.0.0.1:2019/config/ && return
      file=$(printf '%s' "$3" | sed -n 's/.* --config[ =]\([^ "]*\).*/\1/p')
      docker exec "$2" caddy adapt --config "${file:-/etc/caddy/Caddyfile}"
      ;;
  esac
}
# shellcheck disable=SC2086
networks=" $([ -z "$ids" ] || docker inspect -f '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' $ids | tr '\n' ' ') "
docker ps --no-trunc --format '{{.ID}} {{.Names}} ,{{.Networks}} {{.Image}} {{.Command}}' >"$scratch/running"
while read -r id name joined command; do
  case $command in *nginx* | *openresty*) kind=nginx ;; *caddy*) kind=caddy ;; *) continue ;; esac
  shared=
  for network in $(printf '%s' "$joined" | tr , ' '); do
    case $networks in *" $network "*) shared=yes ;; esac
  done
  [ -z "$shared" ] || capture "proxy:$kind:$id:$name:${joined#,}" loaded_config "$kind" "$id" "$command" </dev/null
done <"$scratch/running"
section proxy-files
{
  git_live grep -lE '((proxy|fastcgi|grpc|uwsgi)_pass|reverse_proxy|php_fastcgi) ' "$SHA" -- ':!*.md'
  git_live grep -lE '^ *server ' "$SHA" -- '*haproxy*'
} | sed 's/^[^:]*://' | head -n 50 | while IFS= read -r path; do
  section "proxy-file:$path"
  cat "$stage/$path"
done
section end
