# The staged tree: the commit's files in a directory of this run's own, with the host's own files laid over.
# It lies below a directory that stands for the root of the host, so that `..` leads to what it leads to from
# the live directory. Vars: DIR SHA HEAD BASE OWN STAGE
# shellcheck shell=sh

lay_stage() {
  capture stage lay_commit || return
  observe_pointers
  observe_submodules || return
  section modified
  cat "$OWN/modified"
  if [ -d "$DIR" ]; then
    section conflicts
    git_changes --name-only --diff-filter=A "$BASE" "$SHA" | path_lines | conflicting
    # Local changes to files that the commit doesn't touch stay; what lies behind a link is no file of the directory.
    while IFS= read -r path; do
      if [ ! -f "$STAGE/$path" ] || [ ! -f "$DIR/$path" ] || [ -h "$DIR/$path" ] || below_link "$DIR" "$path"; then continue; fi
      cp -pP "$DIR/$path" "$STAGE/$path"
    done <"$OWN/modified"
    capture untracked list_untracked || return
    lay_untracked
  fi
  link_outside
  section files
  path_lines <"$OWN/files" | head -n 20000
}

# The commit alone, and the proof that it is the commit.
lay_commit() {
  git_index "$OWN/index" read-tree "$SHA" || return
  git_index "$OWN/index" ls-files -z >"$OWN/files"
  (cd "$STAGE" && umask 022 && with_lfs checked_out -c "remote.origin.url=$REMOTE" --work-tree "$STAGE" checkout-index -q --all --force -u) || return
  git_index "$OWN/index" --work-tree "$STAGE" diff-files --name-only --ignore-submodules -z | path_lines >"$OWN/differ"
  # A file whose line ends git converts may differ from what git would store, and is right all the same.
  while IFS= read -r path; do
    [ -h "$STAGE/$path" ] || { git_own cat-file --filters "$SHA:$path" | cmp -s - "$STAGE/$path"; } || {
      echo "$path is not what the commit holds" >&2
      return 1
    }
  done <"$OWN/differ"
  printf '%s\n' "$STAGE"
}

# Files of Git LFS may have to be fetched.
checked_out() (
  GIT_INDEX_FILE=$OWN/index
  export GIT_INDEX_FILE
  git_fetch_into "$STATE/repository.git" "$@"
)

# Files of Git LFS of which the staged tree holds a pointer: the host does not have it, or was told to leave it.
observe_pointers() {
  section lfs-pointers
  git_index "$OWN/index" check-attr --cached -z --stdin filter <"$OWN/files" | path_lines |
    awk 'NR % 3 == 1 { path = $0 } NR % 3 == 0 && $0 == "lfs" { print path }' |
    while IFS= read -r path; do
      [ ! -f "$STAGE/$path" ] || ! head -c 100 "$STAGE/$path" | grep -q '^version https://git-lfs\.github\.com/spec/v1' ||
        printf '%s\n' "$path"
    done
}

# Of the paths that the commit adds, those for which the live directory holds something else.
conflicting() {
  while IFS= read -r path; do
    parent=$path
    while case $parent in */*) true ;; *) false ;; esac do
      parent=${parent%/*}
      # Through a link the file would end up elsewhere.
      [ ! -h "$DIR/$parent" ] || git_own ls-tree "$BASE" -- "$parent" | grep -q '^120000' || {
        printf '%s\n' "$parent"
        continue 2
      }
    done
    if [ -d "$DIR/$path" ] && [ ! -h "$DIR/$path" ]; then
      # What is tracked in it goes with the release.
      untracked_below "$path" || continue
    else
      [ -e "$DIR/$path" ] || [ -h "$DIR/$path" ] || continue
      ! cmp -s "$DIR/$path" "$STAGE/$path" || continue
    fi
    printf '%s\n' "$path"
  done | sort -u
}

# untracked_below DIRECTORY: the live directory has files in it that are not in the live commit, whatever .gitignore says.
untracked_below() {
  (cd "$DIR" && find "./$1" -mindepth 1 \( ! -type d -o -empty \)) | sed 's#^\./##' | LC_ALL=C sort >"$OWN/below"
  git_own ls-tree -r -z --name-only "$BASE" -- "$1/" | path_lines | LC_ALL=C sort |
    LC_ALL=C comm -13 - "$OWN/below" | grep -q .
}

# Untracked files (.env, data directories) are the host's own: a link leads to each. Those that lie where a
# build may read them are copied later: see context.sh. A directory that neither the live commit nor
# this one has files in is one link.
list_untracked() (
  cp -p "$OWN/index" "$OWN/both.index"
  [ -z "$HEAD" ] || git_own ls-tree -r -z "$HEAD" | git_index "$OWN/both.index" update-index --replace -z --index-info
  git_seconds=${RESEE_UNTRACKED_SECONDS:-600} listed=0
  git_index "$OWN/both.index" --work-tree "$DIR" ls-files --others --directory --no-empty-directory -z >"$OWN/untracked.z" || listed=$?
  case $listed in
    124 | 137)
      echo "the files in $DIR were not listed within $git_seconds s"
      exit 1
      ;;
  esac
  path_lines <"$OWN/untracked.z" >"$OWN/untracked"
)
lay_untracked() {
  last=
  set --
  while IFS= read -r path; do
    path=${path%/}
    ! { [ -e "$STAGE/$path" ] || [ -h "$STAGE/$path" ]; } || continue
    case $path in .git | .git/*) continue ;; */*) parent=${path%/*} ;; *) parent=. ;; esac
    # Many at once: a command for each of thousands of uploads would take long.
    if [ "$parent" != "$last" ] || [ $# -ge 200 ]; then
      [ $# = 0 ] || ln -s "$@" "$STAGE/$last/"
      set --
      [ "$parent" = "$last" ] || mkdir -p "$STAGE/$parent"
      last=$parent
    fi
    set -- "$@" "$DIR/$path"
  done <"$OWN/untracked"
  [ $# = 0 ] || ln -s "$@" "$STAGE/$last/"
}

# Above the staged tree everything is as it is above the live directory.
link_outside() {
  above=$DIR
  while [ "$above" != / ]; do
    below=$above
    above=$(dirname "$above")
    # By their names alone: a file system among them may not answer, and find may ask it.
    # shellcheck disable=SC2012
    ls -A "${above%/}/" 2>/dev/null | while IFS= read -r each; do
      [ "${above%/}/$each" = "$below" ] || printf '%s\n' "${above%/}/$each"
    done | tr '\n' '\000' | (cd "$OWN/staged-root$above" && xargs -0 sh -c 'test $# = 0 || ln -s "$@" .' sh)
  done
}

# Compose files of the default names that git does not hold, and a .env of the host's own that names others.
observe_own_compose_files() {
  section own-compose-files
  for each in "$STAGE"/compose.y*ml "$STAGE"/compose.override.y*ml "$STAGE"/docker-compose.y*ml "$STAGE"/docker-compose.override.y*ml; do
    own_file "${each##*/}"
  done
  [ "$ENV_PATH" = .env ] || ! grep -qsE '^[[:space:]]*(export[[:space:]]+)?COMPOSE_FILE[[:space:]]*[=:]' "$STAGE/.env" || own_file .env
}
own_file() { # NAME
  [ ! -e "$STAGE/$1" ] || path_lines <"$OWN/files" | grep -qxF -e "$1" || printf '%s\n' "$1"
}
