# The hooks of `post_start`: Compose runs them when it starts a container, and we start it ourselves.
# shellcheck shell=sh

# run_hooks SECONDS HOOKS ID…: of each container the hooks of its service, in their order, each with that limit.
# HOOKS: lines `SERVICE SCRIPT ENVIRONMENT`, the latter two in base64. SCRIPT is a command with `$hook_seconds`, `$id`
# and `$scratch/environment`, where ENVIRONMENT lies. What a hook is told may be secret: it is not shown.
run_hooks() {
  hook_seconds=$1 hooks=$2
  shift 2
  [ -n "$hooks" ] || return 0
  for id; do
    hook_of=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}}' "$id") || return
    hook_number=0
    printf '%s\n' "$hooks" | while read -r service script environment; do
      [ "$service" = "$hook_of" ] || continue
      hook_number=$((hook_number + 1))
      say "runs the post_start hook $hook_number of $service"
      with_scratch run_hook "$script" "$environment" </dev/null || {
        say "a post_start hook of $service failed, or took longer than $hook_seconds s"
        exit 1
      }
    done || return
  done
}

# shellcheck disable=SC2154
run_hook() { # SCRIPT ENVIRONMENT
  (umask 077 && printf %s "$2" | base64 -d >"$scratch/environment") || return
  hook_script=$(printf %s "$1" | base64 -d) || return
  eval "$hook_script" >&2
}
