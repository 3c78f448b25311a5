# One look at the host: what it is, what runs, what the commit wants. Changes nothing but the stage
# (a directory of this run's own) and the repository of our own.
# Vars: DIR STATE RUN MARK REMOTE BRANCH REF SHA TOKEN TOKEN_FOR COMPOSE (arguments of docker compose, quoted)
#   VARIABLES (assignments before the command, quoted) EDGE_CONFIG (a path of the commit, or nothing)
#   and those of observe/env-file.sh
# Follows the files of observe/, lib/git.sh and lib/engine.sh, which are its words.
# Prints sections; a section NAME.err holds what a failed command said; `unanswered` SECONDS and the command of docker
# that had no answer, `failed` the one that failed.
# shellcheck shell=sh
set -u
umask 077
export LC_ALL=C COMPOSE_ANSI=never
# Ours, whatever the host's environment exports.
unset SCRATCH OWN STAGE HEAD BASE TIP looked

section state
printf '%s\n' "$STATE"
for place in "$STATE" "$DIR"; do
  reachable "$place" || {
    section unreachable
    printf '%s\n' "$place"
    exit 0
  }
done
observe_room
OWN=$STATE/stage/$RUN
rm -rf "$OWN"
sweep_scratch
[ -d "$STATE/lease" ] || [ -d "$STATE/journal" ] || sweep_stages
SCRATCH=$(scratch_directory 2>&1) || {
  section scratch.err
  printf '%s\n' "$SCRATCH"
  exit 0
}
# What was laid out stays for the run that it is told to, and for no other.
looked=
leave() {
  # Whoever waits for the engine ends in time.
  wait
  for complaint in unanswered failed; do
    [ -s "$SCRATCH/$complaint" ] || continue
    section "$complaint"
    head -n 1 "$SCRATCH/$complaint"
  done
  rm -rf "$SCRATCH"
  [ -n "$looked" ] || rm -rf "$OWN"
}
trap leave EXIT
trap 'exit 143' HUP INT TERM PIPE

# There is no stage that does not tell whose it is. Where nothing can be written, that is told later.
if mkdir -p "$SCRATCH/own" "$STATE/stage"; then
  cat /proc/sys/kernel/random/boot_id >"$SCRATCH/own/boot"
  note_process "$$" "$SCRATCH/own/session"
  mv "$SCRATCH/own" "$OWN"
fi 2>/dev/null

# Also where what it says is thrown away.
engine_unanswered() { printf '%s %s\n' "$@" >>"$SCRATCH/unanswered"; }
# What a command that failed would have said is not known; that there is nothing it has not said.
engine_failed() { printf '%s\n' "$1" >>"$SCRATCH/failed"; } # COMMAND
beside docker docker_version
beside compose compose_version
beside images images
beside listed observe_listed
beside engine observe_engine
beside listening observe_listening
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
STAGE=$OWN/staged-root$DIR
mkdir -p "$STAGE"
observe_commit || end_here
lay_stage || end_here
lay_env_file || end_here
capture config compose "$STAGE" "$VARIABLES" config --format json || end_here
observe_image_names image-names "$STAGE" "$VARIABLES" || end_here
observe_unset
observe_variables || end_here
observe_own_compose_files
observe_missing_files
observe_links
section compose-file-variable
grep -s '^ *COMPOSE_FILE=' "$STAGE/.env" | sed 's/=.*//'
fill_contexts
observe_dockerfiles
shown docker || exit 0
shown compose
project=$(project_of "$SCRATCH/config.out")
[ -z "$HEAD" ] || shown live
shown images
shown listed
observe_elsewhere "$project"
shown engine
shown listening
if [ "$project" = "$guessed" ]; then
  shown running
else
  # Both would write the same files.
  shown running >/dev/null
  observe_running "$project"
fi
observe_proxy_files
[ -z "$EDGE_CONFIG" ] || capture edge-config git_own cat-file blob "$SHA:$EDGE_CONFIG" || :
section end
looked=yes
