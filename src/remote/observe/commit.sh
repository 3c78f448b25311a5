# git: the live directory, the commit, what differs between them.
# Vars: DIR REMOTE BRANCH SHA TOKEN OWN (the directory of this run) and those of sections.sh
# Sets GIT (the git directory), HEAD (the live commit, or nothing), SHA (whole), BASE (what is compared with).
# shellcheck shell=sh

git_fetch() {
  RESEE_TOKEN=$TOKEN git --git-dir "$1" -c credential.helper= \
    -c 'credential.helper=!f() { test "$1" = get && test -n "$RESEE_TOKEN" && printf "username=x-access-token\npassword=%s\n" "$RESEE_TOKEN"; }; f' \
    fetch --quiet --no-tags --force "$REMOTE" "+refs/heads/$BRANCH:refs/resee-deploy/branch"
}
git_live() { git --git-dir "$GIT" --work-tree "$DIR" -c core.quotePath=false "$@"; }

observe_live_directory() {
  section live
  [ ! -d "$DIR" ] || echo directory
  [ ! -e "$DIR/.git" ] || echo git
  if [ -d "$DIR" ]; then [ ! -w "$DIR" ] || echo writable; else
    parent=$(dirname "$DIR")
    while [ ! -d "$parent" ]; do parent=$(dirname "$parent"); done
    [ ! -w "$parent" ] || echo writable
  fi
}

# Fails where the commit cannot be had.
observe_commit() {
  if [ -e "$DIR/.git" ]; then
    GIT=$(cd "$DIR" && git rev-parse --absolute-git-dir)
  else
    git init -q "$OWN/clone" && GIT=$OWN/clone/.git
  fi
  section git-dir
  printf '%s\n' "$GIT"
  HEAD=$(git_live rev-parse -q --verify 'HEAD^{commit}' 2>/dev/null) && section head && echo "$HEAD"
  capture branch git_live symbolic-ref -q --short HEAD
  capture fetch git_fetch "$GIT" || return
  capture commit git_live rev-parse -q --verify "$SHA^{commit}" || return
  SHA=$(git_live rev-parse "$SHA^{commit}")
  section on-branch
  git_live merge-base --is-ancestor "$SHA" refs/resee-deploy/branch && echo yes
  section tip
  git_live rev-parse refs/resee-deploy/branch
  section subject
  git_live log -1 --format=%s "$SHA"
  if [ -n "$HEAD" ]; then
    beside live capture live-config compose "$DIR" config --format json
    section head-on-branch
    git_live merge-base --is-ancestor "$HEAD" refs/resee-deploy/branch && echo yes
    section newer-than-head
    git_live merge-base --is-ancestor "$HEAD" "$SHA" && echo yes
    section local-commits
    git_live log --format='%h %s' -n 20 "$HEAD" --not refs/resee-deploy/branch
    capture dirty git_live status --porcelain --untracked-files=no --no-renames
  fi
  BASE=${HEAD:-$(git_live hash-object -t tree /dev/null)}
  section changed
  git_live diff --name-status --no-renames "$BASE" "$SHA"
}
