# git: the live directory, the commit, what differs between them. The commit is fetched into a repository of
# our own, and nothing of it is read before it is proven to be on the branch.
# Vars: DIR REMOTE BRANCH REF SHA TOKEN TOKEN_FOR RUN OWN (the directory of this run) and those of sections.sh
# Sets HEAD (the live commit, or nothing), TIP (a ref of this run), BASE (what is compared with).
# shellcheck shell=sh

# The token goes to one server over https (TOKEN_FOR), and along no redirect: only to `git` as a credential,
# in no argument, in no file. A server from which nothing comes for five minutes is given up, and one over ssh that has
# gone: while it counts its objects, it sends a few bytes now and then. Whatever goes on for longer than
# RESEE_GIT_SECONDS, too.
git_fetch_into() ( # GIT_DIR …
  fetching=$1
  shift
  set -- -c http.followRedirects=false -c http.lowSpeedLimit=1 -c http.lowSpeedTime=300 -c gc.auto=0 -c maintenance.auto=false "$@"
  if [ -n "$TOKEN" ] && [ -n "$TOKEN_FOR" ]; then
    # shellcheck disable=SC2016
    set -- -c "credential.$TOKEN_FOR.helper=" -c "credential.$TOKEN_FOR.helper=!f() { test \"\$1\" = get && printf \"username=x-access-token\npassword=%s\n\" \"\$RESEE_TOKEN\"; }; f" "$@"
    RESEE_TOKEN=$TOKEN
    export RESEE_TOKEN
  fi
  impatient_ssh "$fetching"
  git_seconds=${RESEE_GIT_SECONDS:=3600}
  fetched=0
  git_plain --git-dir "$fetching" "$@" || fetched=$?
  [ "$fetched" != 124 ] || echo "git did not end within $git_seconds s" >&2
  exit "$fetched"
)
# The ssh that git would run, with limits after what its user says of them; another program than ssh is left as it is.
impatient_ssh() { # GIT_DIR
  ssh_command=${GIT_SSH_COMMAND:-$(git_plain --git-dir "$1" config core.sshCommand)} || ssh_command=${GIT_SSH:-ssh}
  ssh_program=${ssh_command%% *}
  [ "${ssh_program##*/}" = ssh ] || return 0
  GIT_SSH_COMMAND="$ssh_command -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
  export GIT_SSH_COMMAND
}
fetch_branch() {
  [ -e "$STATE/repository.git/HEAD" ] || create_repository || return
  # Left by a look of this run that was killed.
  rm -f "$STATE/repository.git/$TIP.lock"
  git_fetch_into "$STATE/repository.git" fetch --quiet --no-tags --no-recurse-submodules --force "$REMOTE" "+$REF:$TIP"
}
# By one rename: what git was killed in the middle of is no repository.
create_repository() {
  rm -rf "$OWN/repository.git"
  git_init "$SHA" --bare "$OWN/repository.git" || return
  [ -e "$STATE/repository.git/HEAD" ] || rm -rf "$STATE/repository.git"
  mv "$OWN/repository.git" "$STATE/repository.git"
}

observe_live_directory() {
  section live
  [ ! -d "$DIR" ] || echo directory
  [ "$(git_live "$DIR" config --bool core.sparseCheckout 2>/dev/null)" != true ] || echo git-sparse
  if [ -h "$DIR/.git" ] || [ -f "$DIR/.git" ]; then echo git-elsewhere; elif [ -e "$DIR/.git" ]; then echo git; fi
  if [ -d "$DIR" ]; then [ ! -w "$DIR" ] || echo writable; else
    parent=$(dirname "$DIR")
    while [ ! -d "$parent" ]; do parent=$(dirname "$parent"); done
    [ ! -w "$parent" ] || echo writable
  fi
  [ ! -d "$DIR/.git" ] || capture owner owned_clone
  section refs-in-the-way
  [ ! -d "$DIR/.git" ] || refs_in_the_way "$DIR" refs/heads "$BRANCH" 2>/dev/null
  # What we write there must not end up elsewhere.
  section git-links
  links_in_git "$DIR" "$BRANCH"
  section git-foreign
  foreign_in_git "$DIR"
}
observe_live_config() { # VARIABLES
  capture live-config compose "$DIR" "$1" config --format json && observe_image_names live-image-names "$DIR" "$1"
}
# git's own rule: a clone of another user is not trusted, unless the user said so (safe.directory).
owned_clone() (
  cd "$DIR" && GIT_ALLOW_PROTOCOL=none git_host -c core.hooksPath=/dev/null -c core.fsmonitor=false rev-parse --git-dir
)

# Fails where the commit cannot be had.
observe_commit() {
  TIP=refs/resee-deploy/$RUN/branch
  HEAD=
  if [ -d "$DIR/.git" ]; then
    HEAD=$(git_live "$DIR" rev-parse -q --verify HEAD 2>/dev/null) && section head && echo "$HEAD"
    capture branch git_live "$DIR" symbolic-ref -q --short HEAD
  fi
  capture fetch fetch_branch || mended || return
  capture commit git_own rev-parse -q --verify "$SHA^{commit}" || return
  section on-branch
  git_own merge-base --is-ancestor "$SHA" "$TIP" && echo yes || return
  # So that the next fetch brings what is new alone.
  [ "$REF" != "refs/heads/$BRANCH" ] ||
    git_own update-ref "refs/kept/$(printf %s "$BRANCH" | git_own hash-object --stdin)" "$TIP"
  section tip
  git_own rev-parse "$TIP"
  section subject
  git_own log -1 --format=%s "$SHA"
  BASE=$(git_own hash-object -t tree /dev/null)
  : >"$OWN/modified"
  if [ -n "$HEAD" ]; then
    beside live observe_live_config "$(kept_variables)"
    observe_head || return
    BASE=$HEAD
  fi
  section changed
  git_changes --name-status "$BASE" "$SHA" | path_lines
  section unwritable
  unwritable | head -n 20
  observe_since
}

# Directories of the clone that this user cannot write, of those that the release will: somebody once used sudo.
unwritable() {
  [ -d "$DIR" ] || return 0
  {
    # Nothing of ours goes to the others of .git: hooks, info.
    if [ -d "$DIR/.git" ]; then
      printf '%s\n' "$DIR/.git"
      find "$DIR/.git/objects" "$DIR/.git/refs" "$DIR/.git/logs" -type d 2>/dev/null
    fi
    git_changes --name-only "$BASE" "$SHA" | path_lines | sed 's#^#/#; s#/[^/]*$##' | sort -u |
      while IFS= read -r below; do
        until [ -d "$DIR$below" ]; do below=${below%/*}; done
        printf '%s\n' "$DIR$below"
      done
  } | sort -u | while IFS= read -r directory; do [ -w "$directory" ] || printf '%s\n' "$directory"; done
}

# What differs from the commits of those services that the last release left as they were.
observe_since() {
  for record in "$STATE"/releases/*.json; do :; done
  [ -e "$record" ] || return 0
  sed -n 's/^ *"commit": "\([0-9a-f]\{40,64\}\)",\{0,1\}$/\1/p' "$record" | sort -u | while read -r base; do
    if [ "$base" = "$HEAD" ] || ! git_own cat-file -e "$base^{commit}" 2>/dev/null; then continue; fi
    section "since:$base"
    git_changes --name-status "$base" "$SHA" | path_lines
  done
}

# The repository is of use no more where it was damaged (a host that lost its power): it is fetched anew. A lock that a
# killed git has left there is taken away.
mended() {
  if grep -qiE 'unable to create .*\.lock|could not lock' "$SCRATCH/fetch.err"; then
    free_own_locks
  elif grep -qiE 'corrupt|loose object|bad object|missing (blob|tree|commit)|unable to read|did not send all|not a git repository' "$SCRATCH/fetch.err"; then
    rm -rf "$STATE/repository.git"
  else
    return 1
  fi
  capture fetch fetch_branch
}

# The live commit, and what was changed in the live directory since. Fails where it is unknown to the branch.
observe_head() {
  if ! git_own cat-file -e "$HEAD^{commit}" 2>/dev/null; then
    section head-unknown
    echo "$HEAD"
    return 1
  fi
  if ! git_own merge-base --is-ancestor "$HEAD" "$TIP"; then
    section local-commits
    git_own log --format='%h %s' -n 20 "$HEAD" --not "$TIP"
    section common-commit
    git_own merge-base "$HEAD" "$TIP"
  fi
  section newer-than-head
  git_own merge-base --is-ancestor "$HEAD" "$SHA" && echo yes
  refresh_index "$DIR" "$HEAD" "$OWN/live.index" || return
  cp -p "$OWN/live.index" "$STATE/repository.git/live.index.$RUN" &&
    mv -f "$STATE/repository.git/live.index.$RUN" "$STATE/repository.git/live.index"
  git_of_live "$DIR" "$OWN/live.index" diff-files --name-only --no-renames --ignore-submodules -z |
    path_lines >"$OWN/modified"
}
