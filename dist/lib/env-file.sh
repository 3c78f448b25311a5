# The stack's .env, where it is part of a release: the text of the workflow, or of the release that is gone back to.
# Beside the record of a release lie its text (NAME.env, where there was one) and its place (NAME.env-path).
# shellcheck shell=sh

# put_env_file FROM TO: TO has the text and the mode of FROM, by one rename; where there is no FROM, it goes.
put_env_file() {
  rm -f "$2.resee-new"
  if [ ! -e "$1" ]; then
    rm -f "$2"
    return
  fi
  (umask 022 && mkdir -p "$(dirname "$2")") || return
  cp -pT --remove-destination "$1" "$2.resee-new" || return
  # Not every host has a sync that takes files.
  sync "$2.resee-new" 2>/dev/null || sync
  mv -fT "$2.resee-new" "$2"
}

# plain_env_file LIVE PATH: fails where the file, or a directory above it, is a symbolic link: what that leads to is
# neither read nor written.
plain_env_file() {
  if ! below_link "$1" "$2"; then
    [ -h "$1/$2" ] || return 0
    link_above=$2
  fi
  linked "$1" "$link_above" "$2"
  return 1
}

# install_env_file LIVE STAGE PATH: from the staged tree to the live directory; what was there is kept in the
# journal for restore_env_file.
install_env_file() {
  [ -d "$2" ] || {
    say "the staged tree $2 is gone: $3 is not brought to the live directory"
    return 1
  }
  [ ! -d "$1/$3" ] || {
    say "$1/$3 is a directory by now"
    return 1
  }
  plain_env_file "$1" "$3" || return
  (umask 077 && mkdir -p "$STATE/journal/env-file")
  [ ! -e "$1/$3" ] || cp -p "$1/$3" "$STATE/journal/env-file/before"
  : >"$STATE/journal/env-file/kept"
  put_env_file "$2/$3" "$1/$3"
}

# restore_env_file LIVE PATH: undoes install_env_file, as far as it came.
restore_env_file() {
  if below_link "$1" "$2"; then
    linked "$1" "$link_above" "$2"
    return 1
  fi
  rm -f "$1/$2.resee-new"
  [ -e "$STATE/journal/env-file/kept" ] || return 0
  put_env_file "$STATE/journal/env-file/before" "$1/$2"
  [ -e "$STATE/journal/env-file/before" ] ||
    (cd "$1" && rmdir -p -- "$(dirname -- "$2")" 2>/dev/null) || :
}

# journal_env_file LIVE STAGE PATH: what keep_env_file needs, also when the staged tree is gone.
journal_env_file() {
  plain_env_file "$1" "$3" || return
  (umask 077 && mkdir -p "$STATE/journal/env-file")
  # Where the text was the same, nothing was installed.
  [ -e "$STATE/journal/env-file/kept" ] || [ ! -e "$1/$3" ] || cp -p "$1/$3" "$STATE/journal/env-file/before"
  [ ! -e "$2/$3" ] || cp -p "$2/$3" "$STATE/journal/env-file/text"
}

# keep_env_file PATH NAME OWN: the release NAME keeps its text, where it is its own (`own`) and not the host's.
# Other releases that have none of their own keep the host's, which it has replaced.
keep_env_file() {
  for record in "$STATE"/releases/*.json; do
    record=${record%.json}
    if [ ! -e "$record.json" ] || [ -e "$record.env-path" ] || [ "${record##*/}" = "$2" ]; then continue; fi
    keep_env_text before "$record" "$1"
  done
  [ "$3" != own ] || keep_env_text text "$STATE/releases/$2" "$1"
}
keep_env_text() { # WHICH RECORD PATH
  if [ -e "$STATE/journal/env-file/$1" ]; then
    put_env_file "$STATE/journal/env-file/$1" "$2.env" && chmod 600 "$2.env" || return
  fi
  write_whole "$2.env-path" "$3"
}
