# The point of no return: the release is proven. Retires the incumbents, moves git to the commit,
# writes the record. Stands in the journal as forward.sh first, so that whoever finds it half done
# finishes it instead of undoing it; what that needs of the staged tree is kept there as well.
# A candidate that has ended by then is no release: exit 72, as in soak.sh.
# Vars: CANDIDATES (lines `service id`) FORWARD RECORD STAGE LAST_PATHS (files that reach the live directory after the old containers)
#   VARIABLES_FILE (text of the file of variables) DIR ENV_PATH (of the stack's .env, where the release has one)
#   BRANCH (of the clone; may be unset)
# shellcheck shell=sh
require_alive "$CANDIDATES"
inspect_each "$CANDIDATES" tell_ended
# What git_move will refuse must not be found when nothing is undone any more.
[ -z "${BRANCH-}" ] || sound_clone "$DIR" "$BRANCH"
mkdir -p "$STATE/journal/release"
printf '%s\n' "$LAST_PATHS" | sed '/^$/d' >"$STATE/journal/release.paths"
: >"$STATE/journal/release.inplace"
staged_whole "$STAGE" "$STATE/journal/release.paths"
copy_paths "$STAGE" "$STATE/journal/release" "$STATE/journal/release.paths" "$STATE/journal/release.inplace"
[ -z "$ENV_PATH" ] || journal_env_file "$DIR" "$STAGE" "$ENV_PATH"
write_whole "$STATE/journal/record.json" "$RECORD"
(umask 077 && write_whole "$STATE/journal/variables.env" "$VARIABLES_FILE")
# By themselves: within a word their failure would go by unnoticed.
forward_state=$(assigned STATE "$STATE")
forward_library=$(assigned LIBRARY "$LIBRARY")
write_whole "$STATE/journal/forward.sh" "$forward_state
$forward_library
set -eu
. \"\$LIBRARY/lib.sh\"
$FORWARD
$LAST_LINE"
# shellcheck disable=SC2016
critical 'run_whole "$STATE/journal/forward.sh"'
