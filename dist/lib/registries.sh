# Logins to registries, for this run alone.
# shellcheck shell=sh

# is_json TEXT: whether it is one value of JSON, or nothing. Strings become @, other values #, and then each list and
# object of those becomes # as well.
is_json() {
  [ -n "$1" ] || return 0
  [ "$(printf %s "$1" | tr '\n' '\r' | LC_ALL=C sed -E \
    -e 's/"([^"\\[:cntrl:]]|\\.)*"/@/g' \
    -e 's/-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null/#/g' -e 's/[[:space:]]//g' -e ':more' \
    -e 's/\[([@#](,[@#])*)?\]/#/g' -e 's/\{(@:[@#](,@:[@#])*)?\}/#/g' -e 'tmore')" = '#' ]
}

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
  is_json "$registries_own" || registries_own="broken: $registries_own"
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
