# The stack's .env as the release has it: in the staged tree, where it is judged with the commit. The live
# directory gets it with the release.
# Vars: DIR STATE OWN STAGE ENV_PATH (empty: the host's own file is used) ENV_TEXT, or ENV_FROM (name of a release)
# shellcheck shell=sh

# Prints `same`, or what becomes of the live file; what stands against it as a complaint `WORD PATH`.
lay_env_file() {
  [ -n "$ENV_PATH" ] || return 0
  capture env-file stage_env_file
}
stage_env_file() {
  env_obstacle || return
  open_parents
  rm -f "$STAGE/$ENV_PATH"
  if [ -z "$ENV_FROM" ]; then
    printf '%s' "$ENV_TEXT" >"$STAGE/$ENV_PATH" || return
  elif [ -e "$STATE/releases/$ENV_FROM.env" ]; then
    cp -p "$STATE/releases/$ENV_FROM.env" "$STAGE/$ENV_PATH" || return
  fi
  # What is copied for builds is the host's own: not this one.
  if [ -e "$OWN/untracked" ]; then
    ENV_PATH=$ENV_PATH awk '$0 != ENVIRON["ENV_PATH"]' "$OWN/untracked" >"$OWN/untracked.new" &&
      mv -f "$OWN/untracked.new" "$OWN/untracked" || return
  fi
  if [ ! -e "$STAGE/$ENV_PATH" ]; then
    if [ -e "$DIR/$ENV_PATH" ]; then echo removed; else echo same; fi
  elif [ ! -e "$DIR/$ENV_PATH" ]; then
    echo added
  elif cmp -s "$STAGE/$ENV_PATH" "$DIR/$ENV_PATH" &&
    [ "$(stat -c '%a %u' "$DIR/$ENV_PATH")" = "600 $(id -u)" ]; then
    echo same
  else
    echo modified
  fi
}

# Fails where the text must not be written there.
env_obstacle() {
  path_lines <"$OWN/files" >"$SCRATCH/tracked"
  above=
  rest=$ENV_PATH
  while case $rest in */*) true ;; *) false ;; esac do
    above=${above:+$above/}${rest%%/*}
    rest=${rest#*/}
    if [ -h "$DIR/$above" ]; then obstacle link "$above"; fi || return
    if [ -e "$DIR/$above" ] && [ ! -d "$DIR/$above" ]; then obstacle file "$above"; fi || return
    if grep -qxF -e "$above" "$SCRATCH/tracked"; then obstacle file "$above"; fi || return
  done
  if grep -qxF -e "$ENV_PATH" "$SCRATCH/tracked"; then obstacle tracked "$ENV_PATH"; fi || return
  if [ -h "$DIR/$ENV_PATH" ]; then obstacle link "$ENV_PATH"; fi || return
  if [ -d "$DIR/$ENV_PATH" ] || { [ -d "$STAGE/$ENV_PATH" ] && [ ! -h "$STAGE/$ENV_PATH" ]; }; then
    obstacle directory "$ENV_PATH"
  fi || return
  if [ -e "$DIR/$ENV_PATH" ] && [ ! -f "$DIR/$ENV_PATH" ]; then obstacle special "$ENV_PATH"; fi || return
  if [ -e "$DIR/$ENV_PATH" ] && [ ! -r "$DIR/$ENV_PATH" ]; then obstacle unreadable "$ENV_PATH"; fi || return
  if [ -d "$DIR/$above" ] && [ ! -w "$DIR/$above" ]; then obstacle unwritable "${above:-.}"; fi
}
obstacle() { # WORD PATH
  printf '%s %s\n' "$1" "$2" >&2
  return 1
}

# A link of the staged tree to a directory of the host becomes a directory, with a link to each entry: what is
# written there must not reach the live directory.
open_parents() {
  above=
  rest=$ENV_PATH
  while case $rest in */*) true ;; *) false ;; esac do
    above=${above:+$above/}${rest%%/*}
    rest=${rest#*/}
    if [ -h "$STAGE/$above" ]; then
      rm "$STAGE/$above" && mkdir "$STAGE/$above"
      ABOVE=$above awk '$0 != ENVIRON["ABOVE"] "/" && $0 != ENVIRON["ABOVE"]' "$OWN/untracked" >"$OWN/untracked.new"
      for each in "$DIR/$above"/* "$DIR/$above"/.[!.]* "$DIR/$above"/..?*; do
        [ -e "$each" ] || [ -h "$each" ] || continue
        ln -s "$each" "$STAGE/$above/"
        if [ -d "$each" ] && [ ! -h "$each" ]; then suffix=/; else suffix=; fi
        printf '%s/%s%s\n' "$above" "${each##*/}" "$suffix" >>"$OWN/untracked.new"
      done
      mv -f "$OWN/untracked.new" "$OWN/untracked"
    fi
    mkdir -p "$STAGE/$above"
  done
}
