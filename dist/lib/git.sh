# git: a repository of our own, in which commits are fetched and proven, and the clone in the live directory.
# Vars: STATE
# shellcheck shell=sh
unset GIT_DIR GIT_WORK_TREE GIT_COMMON_DIR GIT_INDEX_FILE GIT_NAMESPACE GIT_OBJECT_DIRECTORY \
  GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG_PARAMETERS git_seconds

# With an identity: without one git asks DNS for the host's own name whenever it writes a reflog. What takes longer
# than git_seconds, where that is set, ends with 124.
git_host() {
  GIT_COMMITTER_NAME=resee-deploy GIT_COMMITTER_EMAIL=resee-deploy@localhost \
    GIT_AUTHOR_NAME=resee-deploy GIT_AUTHOR_EMAIL=resee-deploy@localhost \
    GIT_TERMINAL_PROMPT=0 ${git_seconds:+timeout --foreground -k 5 "$git_seconds"} git "$@"
}

# The same, whatever the user's configuration says of what git prints, and of what it writes beside an index.
git_plain() {
  git_host -c core.quotePath=false -c core.splitIndex=false -c core.hooksPath=/dev/null -c core.fsmonitor=false \
    -c log.showSignature=false "$@"
}

# git_init COMMIT ARGUMENT…: a repository whose objects have names like that of the commit; what git takes by default
# differs between versions and configurations.
git_init() (
  case ${#1} in 64) GIT_DEFAULT_HASH=sha256 ;; *) GIT_DEFAULT_HASH=sha1 ;; esac
  export GIT_DEFAULT_HASH
  shift
  git_host init -q --template= "$@"
)

# Git LFS where the host has it, set up by its user or not. Where it is missing, git must not fail for that: the
# files are pointers then, and told.
if command -v git-lfs >/dev/null 2>&1; then
  lfs_process='git-lfs filter-process' lfs_clean='git-lfs clean -- %f' lfs_smudge='git-lfs smudge -- %f' lfs_required=true
else
  lfs_process='' lfs_clean='' lfs_smudge='' lfs_required=false
fi

with_lfs() { # GIT_COMMAND OPTION…
  lfs_command=$1
  shift
  "$lfs_command" -c "filter.lfs.process=$lfs_process" -c "filter.lfs.clean=$lfs_clean" \
    -c "filter.lfs.smudge=$lfs_smudge" -c "filter.lfs.required=$lfs_required" "$@"
}

# In our own repository. No container can write there: its configuration is the user's and ours.
git_own() { with_lfs git_plain --git-dir "$STATE/repository.git" "$@"; }
# git_changes OPTION… TREE TREE: the paths in which they differ, each ending with NUL; a submodule is one.
git_changes() { git_own diff-tree -r --no-renames --ignore-submodules=none -z "$@"; }
git_index() ( # INDEX_FILE …: the same, with that index
  GIT_INDEX_FILE=$1
  export GIT_INDEX_FILE
  shift
  git_own "$@"
)

# git_live LIVE_DIRECTORY …: refs of the clone in the live directory, which a container may be able to write.
# Nothing that its configuration names is run: no hook, no monitor, no transport. Objects are not read there.
git_live() {
  live_git=$1/.git
  shift
  GIT_ALLOW_PROTOCOL=none GIT_NO_LAZY_FETCH=1 git_host --git-dir "$live_git" --no-pager \
    -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.worktree= -c core.alternateRefsCommand= "$@"
}

# links_in_git LIVE_DIRECTORY BRANCH: prints the symbolic links among the places that we write to in its clone and the
# directories above them: what is written there would end up elsewhere.
links_in_git() (
  cd "$1" 2>/dev/null || exit 0
  for place in config config.worktree commondir index shallow shallow.lock packed-refs reftable objects/pack objects/info \
    HEAD logs/HEAD "refs/heads/$2" "refs/remotes/origin/$2" "logs/refs/heads/$2" "logs/refs/remotes/origin/$2" .git/objects/??; do
    place=.git/${place#.git/}
    while [ "$place" != . ]; do
      [ ! -h "$place" ] || printf '%s\n' "$place"
      case $place in */*) place=${place%/*} ;; *) place=. ;; esac
    done
  done | LC_ALL=C sort -u
)

# foreign_in_git LIVE_DIRECTORY: prints the files of its clone that hold what git never writes there. A `commondir` leads
# the refs elsewhere; only another worktree of a clone has one.
foreign_in_git() {
  [ ! -e "$1/.git/commondir" ] || echo .git/commondir
  [ -e "$1/.git/shallow" ] || return 0
  if [ ! -f "$1/.git/shallow" ] || grep -qvxE "$OBJECT_NAME" "$1/.git/shallow"; then echo .git/shallow; fi
}
OBJECT_NAME='[0-9a-f]{40}|[0-9a-f]{64}'

# sound_clone LIVE_DIRECTORY BRANCH: fails where its clone is no more what the look at the host has seen. A link in the
# place of the index is replaced, not followed.
sound_clone() {
  unsound=$(links_in_git "$1" "$2" | sed '/^\.git\/index$/d' && foreign_in_git "$1") || return
  [ -n "$unsound" ] || return 0
  say "nothing is written to the clone $1: these are symbolic links, or hold what git never writes there:"
  say "$unsound"
  say 'remove them, and look at who can write to this directory (containers that mount it)'
  return 1
}

# replace_file FROM TO: TO becomes a copy of FROM; no link that stands in its place, or comes there meanwhile, is
# followed.
replace_file() {
  rm -rf "$2.resee" && cp -pT --remove-destination "$1" "$2.resee" && mv -fT "$2.resee" "$2"
}

# refs_in_the_way LIVE_DIRECTORY SPACE BRANCH: prints the refs beside which git makes none named SPACE/BRANCH: refs/heads/a
# and refs/heads/a/b are a file and a directory of one name.
refs_in_the_way() {
  way=$3
  while case $way in */*) true ;; *) false ;; esac do
    way=${way%/*}
    ! git_live "$1" show-ref --verify -q "$2/$way" || printf '%s\n' "$2/$way"
  done
  git_live "$1" for-each-ref --format='%(refname)' "$2/$3/"
}

# Paths that end with NUL, as lines. A newline within one becomes the character 1.
path_lines() { tr '\n\000' '\001\n'; }

# forget_commit RUN: what a run has fetched may go.
forget_commit() {
  [ -e "$STATE/repository.git/HEAD" ] || return 0
  rm -f "$STATE/repository.git/refs/resee-deploy/$1/branch.lock"
  git_own update-ref -d "refs/resee-deploy/$1/branch" || { free_own_locks && git_own update-ref -d "refs/resee-deploy/$1/branch"; } || :
}

# free_locks GIT_DIRECTORY DEPTH SECONDS: takes away the locks there that stay for so long, whatever the time of day: git
# has each for milliseconds, unless it was killed or its host has lost its power. Fails where there are none.
free_locks() {
  held_locks=$(locks_in "$1" "$2")
  [ -n "$held_locks" ] || return
  [ "$3" -le 5 ] || say "waiting for a git that holds locks in $1"
  locks_by=$(($(now) + $3))
  while [ -n "$held_locks" ] && [ "$(now)" -lt "$locks_by" ]; do
    sleep 1
    held_locks=$(locks_in "$1" "$2" | grep -xF -e "$held_locks") || :
  done
  printf '%s\n' "$held_locks" | while IFS= read -r lock; do [ -z "$lock" ] || rm -f "$1/${lock#* ./}"; done
}
free_own_locks() { free_locks "$STATE/repository.git" 1 5; }
# Lines `INODE.CHANGED ./NAME`: another lock of the same name differs. A name with a newline is none of git's.
locks_in() (
  cd "$1" && find . -maxdepth "$2" -name '*.lock' ! -path '*
*' -exec stat -c '%i.%Z %n' {} + 2>/dev/null
)

# git_of_live LIVE_DIRECTORY INDEX_FILE …: in our own repository, with that index and the files of the live directory.
# Where its clone says that modes tell nothing (core.fileMode), they do not: git there would neither show nor undo them.
git_of_live() {
  of_live=$1 of_index=$2
  shift 2
  modes=$(git_live "$of_live" config --bool core.fileMode 2>/dev/null) || modes=true
  git_index "$of_index" -c "core.fileMode=$modes" --work-tree "$of_live" "$@"
}

# refresh_index LIVE_DIRECTORY COMMIT INDEX_FILE: an index of COMMIT that knows the files of the live
# directory. What is known of them from the last time is in repository.git/live.index.
refresh_index() {
  if ! cp -p "$STATE/repository.git/live.index" "$3" 2>/dev/null || ! git_index "$3" read-tree -m "$2" 2>/dev/null; then
    rm -f "$3"
    git_index "$3" read-tree "$2" || return
  fi
  git_of_live "$1" "$3" update-index -q --refresh --ignore-submodules >/dev/null || :
}

# git_move LIVE_DIRECTORY BRANCH COMMIT REMOTE_URL RUN: the clone in the live directory is on BRANCH at COMMIT;
# its files are already those of the commit. RUN is whose fetch brought it.
git_move() {
  sound_clone "$1" "$2" || return
  [ -e "$1/.git" ] || git_create "$1" "$2" "$4" "$3"
  free_locks "$1/.git" 4 "${RESEE_LOCK_SECONDS:-60}" || :
  moved_from=$(git_live "$1" rev-parse -q --verify HEAD) || moved_from=
  # A shallow clone has nothing of what is older: it becomes a whole one.
  [ ! -e "$1/.git/shallow" ] || moved_from=
  # Gone where this is done once more.
  moved_tip=$(git_own rev-parse -q --verify "refs/resee-deploy/$5/branch") || moved_tip=$3
  {
    printf '%s\n' "$3" "$moved_tip"
    [ -z "$moved_from" ] || ! git_own cat-file -e "$moved_from" 2>/dev/null || printf '^%s\n' "$moved_from"
  } | git_own pack-objects -q --revs --stdout --delta-base-offset |
    GIT_OBJECT_DIRECTORY="$1/.git/objects" git_store "$moved_from"
  [ ! -e "$1/.git/shallow" ] || git_deepen "$1" "$3" "$moved_tip"
  git_live "$1" symbolic-ref HEAD "refs/heads/$2"
  # What is found there in place of a branch may lead to another ref.
  git_live "$1" update-ref --no-deref -m "resee-deploy: $3" "refs/heads/$2" "$3"
  # It tells what was fetched, no more: one that was deleted on the server may be in its way.
  git_live "$1" update-ref --no-deref "refs/remotes/origin/$2" "$moved_tip" ||
    say "refs/remotes/origin/$2 stays as it is; git -C $1 fetch --prune on the host mends it"
  refresh_index "$1" "$3" "$STATE/repository.git/moved.index"
  replace_file "$STATE/repository.git/moved.index" "$1/.git/index"
  mv -f "$STATE/repository.git/moved.index" "$STATE/repository.git/live.index"
  # Packs of ever larger size: as many as the logarithm of what there is, instead of files for each release. Nothing of
  # it goes on beside us: it would hold the lock of a critical section.
  git_own repack --geometric=2 -d -q 2>/dev/null || git_own -c gc.autoDetach=false gc --auto -q || :
}

# git_deepen LIVE_DIRECTORY COMMIT…: what these commits come from is there by now. Other branches stay as they are.
git_deepen() {
  git_own rev-list "$2" "$3" | sort >"$STATE/shallow.known"
  sed -nE "/^($OBJECT_NAME)\$/p" "$1/.git/shallow" | sort | comm -23 - "$STATE/shallow.known" >"$STATE/shallow"
  if [ -s "$STATE/shallow" ]; then replace_file "$STATE/shallow" "$1/.git/shallow"; else rm -f "$1/.git/shallow"; fi
  rm -f "$STATE/shallow" "$STATE/shallow.known"
}

# Objects from stdin into GIT_OBJECT_DIRECTORY: one pack where there was nothing before.
git_store() ( # FORMER_HEAD
  export GIT_OBJECT_DIRECTORY
  if [ -z "$1" ]; then git_own index-pack --stdin >/dev/null; else git_own unpack-objects -q; fi
)

git_create() { # LIVE_DIRECTORY BRANCH REMOTE_URL COMMIT
  rm -rf "$STATE/clone"
  git_init "$4" "$STATE/clone"
  git_host --git-dir "$STATE/clone/.git" remote add origin "$3"
  git_host --git-dir "$STATE/clone/.git" config "branch.$2.remote" origin
  git_host --git-dir "$STATE/clone/.git" config "branch.$2.merge" "refs/heads/$2"
  # The live directory may be on another file system, where this is a copy, and not done at once.
  rm -rf "$1/.git.resee"
  mv -T "$STATE/clone/.git" "$1/.git.resee"
  mv -T "$1/.git.resee" "$1/.git"
  rm -rf "$STATE/clone"
}
