# What stands on a host, in sections for snapshot.ts: each begins with "== NAME".
# usage: sh snapshot.sh PROJECT DIRECTORY      (as ec2-user)
# shellcheck shell=sh
project=$1 directory=$2
state=$HOME/.local/state/resee-deploy/$project

echo '== containers'
docker ps --all --no-trunc \
  --format '{{.ID}} {{.State}} {{.Label "com.docker.compose.project"}} {{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.oneoff"}}'

echo '== networks'
docker network ls --no-trunc --format '{{.ID}} {{.Name}}'

echo '== dangling images'
docker images --filter dangling=true --quiet --no-trunc

# Those that nobody named, and no container has.
echo '== unused volumes'
docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$' || :

echo '== head'
if [ -d "$directory/.git" ]; then git -C "$directory" rev-parse HEAD; fi
echo '== branch'
if [ -d "$directory/.git" ]; then git -C "$directory" symbolic-ref --short --quiet HEAD || echo detached; fi
echo '== status'
if [ -d "$directory/.git" ]; then git -C "$directory" status --porcelain; fi
echo '== worktrees'
if [ -d "$directory/.git" ]; then git -C "$directory" worktree list --porcelain | sed -n 's/^worktree //p'; fi

# A run may be at work: what is there in one moment may be gone in the next.
present() { for path in "$@"; do if [ -e "$path" ]; then echo "$path"; fi; done; }
echo '== lease'
present "$state/lease"
echo '== journal'
present "$state"/journal/*
echo '== stage'
present "$state"/stage/*

# What a run left working behind: its watchdog, its agents, its commands.
echo '== processes'
for process in /proc/[0-9]*; do
  command=$(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) || continue
  # The text of this very script is in the command line of the shell that runs it.
  case $command in *'== processes'*) continue ;; *resee-deploy/*) echo "${process#/proc/} $command" ;; esac
done

# What the container's /etc/hosts holds. The engine may fail to run a command for reasons of its own.
hosts_of() {
  for _ in 1 2 3 4 5; do
    ! docker exec -u 0 "$1" cat /etc/hosts 2>/dev/null || return 0
    sleep 0.3
  done
}

echo '== pins'
docker ps --quiet --filter "label=com.docker.compose.project=$project" | while read -r id; do
  # What the Compose file says as extra_hosts is no pin.
  hosts_of "$id" |
    awk -v said=" $(docker inspect --format '{{range .HostConfig.ExtraHosts}}{{.}} {{end}}' "$id")" '!index(said, " " $2 ":")' |
    grep -vE '(^#|^$|localhost|ip6-)' | grep -vF "$(docker inspect --format '{{.Config.Hostname}}' "$id")" |
    sed "s/^/$id /" || continue
done
