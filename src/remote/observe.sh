# One look at the host: what it is, what runs, what the commit wants. Changes nothing but the stage
# (a directory of this run's own) and the repository of our own.
# Vars: DIR STATE RUN MARK REMOTE BRANCH REF SHA TOKEN TOKEN_FOR COMPOSE (arguments of docker compose, quoted)
#   VARIABLES (assignments before the command, quoted) EDGE_CONFIG (a path of the commit, or nothing)
#   and those of observe/env-file.sh
# Follows the files of observe/ and lib/git.sh, which are its words.
# Prints sections; a section NAME.err holds what a failed command said.
# shellcheck shell=sh
set -u
umask 077
export LC_ALL=C COMPOSE_ANSI=never
# Ours, whatever the host's environment exports.
unset SCRATCH OWN STAGE HEAD BASE TIP

SCRATCH=$(mktemp -d)
trap 'wait; rm -rf "$SCRATCH"' EXIT

section state
printf '%s\n' "$STATE"
beside docker docker_version
beside compose compose_version
beside images images
beside projects observe_projects
beside swarm observe_swarm
# Nearly always Compose's own choice as well; where it is not, it is looked at again.
guessed=$(basename "$STATE")
beside running observe_running "$guessed"
# Whatever else is wrong, what is wrong with the machine is told as well.
end_here() {
  shown docker
  shown compose
  exit 0
}
observe_machine || end_here
observe_releases
observe_record_key
observe_owner
observe_live_directory
OWN=$STATE/stage/$RUN
rm -rf "$OWN"
STAGE=$OWN/staged-root$DIR
mkdir -p "$STAGE"
# No run outlives a reboot: what it has left is known by this.
cat /proc/sys/kernel/random/boot_id >"$OWN/boot"
observe_commit || end_here
lay_stage || end_here
lay_env_file || end_here
capture config compose "$STAGE" "$VARIABLES" config --format json || end_here
observe_unset
observe_variables || end_here
section compose-file-variable
grep -s '^ *COMPOSE_FILE=' "$STAGE/.env" | sed 's/=.*//'
fill_contexts
observe_dockerfiles
shown docker || exit 0
shown compose
project=$(project_of "$SCRATCH/config.out")
[ -z "$HEAD" ] || shown live
shown images
shown projects
shown swarm
if [ "$project" = "$guessed" ]; then shown running; else observe_running "$project"; fi
observe_proxy_files
[ -z "$EDGE_CONFIG" ] || capture edge-config git_own cat-file blob "$SHA:$EDGE_CONFIG" || :
section end
