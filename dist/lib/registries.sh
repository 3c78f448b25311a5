# Logins to registries, for this run alone.
# shellcheck shell=sh

# use_registries DIRECTORY AUTHS HELPERS: docker uses a configuration of this run: the user's own, with AUTHS
# (members of a JSON object) added to its logins. It lies in DIRECTORY, which goes with the stage of the run
# and, where that stays behind, with the next deploy. Nothing where AUTHS is empty.
use_registries() {
  [ -n "$2" ] || return 0
  registries_from=${DOCKER_CONFIG:-$HOME/.docker}
  rm -rf "$1"
  (umask 077 && mkdir -p "$1") || return
  # The plugins, contexts and builders of the user are found from here as well.
  for each in "$registries_from"/* "$registries_from"/.[!.]*; do
    case $each in */config.json) continue ;; esac
    [ ! -e "$each" ] || ln -s "$each" "$1/"
  done
  registries_own=$(tr -d '\r' <"$registries_from/config.json" 2>/dev/null | sed '/^[[:space:]]*$/d;s/[[:space:]]*$//') || :
  case $registries_own in
    '{'*'}') registries_own=${registries_own%'}'} ;;
    '') registries_own='{' ;;
    *)
      say "$registries_from/config.json cannot be read, and is left out"
      registries_own='{'
      ;;
  esac
  [ "$(printf %s "$registries_own" | tr -d '[:space:]')" = '{' ] || registries_own=$registries_own,
  # docker adds a second object of the same name to the first; of one registry the last entry counts. No
  # credential helper is asked for those that are logged in to here, nor told of them.
  (umask 077 && printf '%s"auths":{%s},"credHelpers":{%s}}\n' "$registries_own" "$2" "$3" >"$1/config.json") || return
  export DOCKER_CONFIG="$1"
}
