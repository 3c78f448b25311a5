# The hooks of `post_start`: Compose runs them when it starts a container, and we start it ourselves.
# shellcheck shell=sh

# run_hooks SECONDS HOOKS ID…: of each container the hooks of its service, in their order, each with that limit.
# HOOKS: lines `SERVICE BASE64-OF-ARGUMENTS`, the arguments being those of `docker exec`, with "$id".
run_hooks() {
  hook_seconds=$1 hooks=$2
  shift 2
  [ -n "$hooks" ] || return 0
  for id; do
    hook_of=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}}' "$id") || return
    printf '%s\n' "$hooks" | while read -r service arguments; do
      [ "$service" = "$hook_of" ] || continue
      arguments=$(printf %s "$arguments" | base64 -d) || exit
      eval "run timeout $hook_seconds docker exec $arguments" </dev/null || {
        say "a post_start hook of $service failed, or took longer than $hook_seconds s"
        exit 1
      }
    done || return
  done
}
