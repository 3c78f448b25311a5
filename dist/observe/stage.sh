# The staged tree: the commit's files in a directory of this run's own, with the host's own files laid over.
# Vars: DIR SHA GIT HEAD BASE OWN STAGE
# shellcheck shell=sh

lay_stage() {
  GIT_INDEX_FILE=$OWN/index git --git-dir "$GIT" --work-tree "$STAGE" read-tree "$SHA" &&
    (cd "$STAGE" && umask 022 && GIT_INDEX_FILE=$OWN/index git --git-dir "$GIT" --work-tree "$STAGE" checkout-index -q --all --force)
  if [ -d "$DIR" ]; then
    section conflicts
    git_live diff --name-only --no-renames --diff-filter=A "$BASE" "$SHA" | while IFS= read -r path; do
      { [ -e "$DIR/$path" ] || [ -h "$DIR/$path" ]; } && ! cmp -s "$DIR/$path" "$STAGE/$path" && printf '%s\n' "$path"
    done
    # Local changes to files that the commit doesn't touch stay, so they count in the build as well.
    git_live status --porcelain --untracked-files=no --no-renames | cut -c4- | while IFS= read -r path; do
      [ ! -f "$DIR/$path" ] || [ ! -f "$STAGE/$path" ] || cp -pP "$DIR/$path" "$STAGE/$path"
    done
    # Untracked files (.env, data directories) are the host's own. A small file is copied, so that a
    # build context holds it; what is large or a directory is linked.
    # Before the first deploy only the commit's own index tells a placed file from a directory of the commit.
    (cd "$DIR" && { [ -n "$HEAD" ] || export GIT_INDEX_FILE="$OWN/index"; } && git --git-dir "$GIT" --work-tree . -c core.quotePath=false ls-files --others --directory --no-empty-directory) |
      while IFS= read -r path; do
        path=${path%/}
        [ ! -e "$STAGE/$path" ] || continue
        mkdir -p "$STAGE/$(dirname "$path")"
        if [ -f "$DIR/$path" ] && [ "$(wc -c <"$DIR/$path")" -le 1048576 ]; then
          cp -pP "$DIR/$path" "$STAGE/$path"
        else
          ln -s "$DIR/$path" "$STAGE/$path"
        fi
      done
  fi
  section stage
  printf '%s\n' "$STAGE"
  section files
  git_live ls-tree -r --name-only "$SHA" | head -n 20000
}
