# A stack in Docker Swarm, as a manager knows it; changes nothing. Vars: STACK MARK FILES (those that
# configs and secrets are made of, one a line)
# Follows lib/engine.sh.
# shellcheck shell=sh
set -u
export LC_ALL=C
section() { printf '\n=%s=%s=\n' "$MARK" "$1"; }
label=com.docker.stack.namespace=$STACK
section nodes
nodes=$(docker node ls --format '{{.Hostname}}') || exit
printf '%s\n' "$nodes"
section services
services=$(docker service ls --filter "label=$label" --format '{{.Name}}') || exit
printf '%s\n' "$services"
section containers
ids=$(docker ps --quiet --no-trunc --filter "label=$label") || exit
# Ids are hex: they are meant to be split.
# shellcheck disable=SC2086
[ -z "$ids" ] || docker inspect $ids || exit
section uses
# Names are those of services: they are meant to be split.
# shellcheck disable=SC2086
[ -z "$services" ] || docker service inspect --format '{{.Spec.Name}}{{with .Spec.TaskTemplate.ContainerSpec}}{{range .Configs}} {{.ConfigName}}{{end}}{{range .Secrets}} {{.SecretName}}{{end}}{{end}}' $services || exit
section contents
printf '%s\n' "$FILES" | while IFS= read -r file; do
  [ -n "$file" ] || continue
  digest=$(sha256sum <"$file") && printf '%s %s\n' "${digest%% *}" "$file"
done
section lacks
command -v curl >/dev/null || echo curl
section end
