# Retiring and recording: what forward.sh is made of; every one may run twice.
# shellcheck shell=sh

retire() { # ID…: stops them together, each with its own grace period, then removes them
  present=
  for id in "$@"; do
    ! docker inspect "$id" >/dev/null 2>&1 || present="$present $id"
  done
  [ -n "$present" ] || return 0
  # shellcheck disable=SC2086
  run docker stop $present
  # shellcheck disable=SC2086
  run docker rm $present
}

# git_move DIR GIT_DIR BRANCH SHA REMOTE_URL: the live directory's git is on BRANCH at SHA; its files
# are already those of the commit.
git_move() {
  if [ ! -e "$1/.git" ]; then
    mv "$2" "$1/.git"
    git -C "$1" remote add origin "$5"
    git -C "$1" config "branch.$3.remote" origin
    git -C "$1" config "branch.$3.merge" "refs/heads/$3"
  fi
  git -C "$1" symbolic-ref HEAD "refs/heads/$3"
  git -C "$1" update-ref -m "resee-deploy: $4" "refs/heads/$3" "$4"
  git -C "$1" update-ref "refs/remotes/origin/$3" "refs/resee-deploy/branch"
  git -C "$1" read-tree "$4"
  git -C "$1" update-index -q --refresh || :
}

# keep_images LINES: `image reference`, each reference names that image from now on; several at once,
# because each command costs a moment.
keep_images() {
  say "keeping the images of this release:
$1"
  printf '%s\n' "$1" | xargs -P 8 -n 2 docker tag
}

forget_release() { # RECORD REFERENCE…
  for reference in "$@"; do
    case $reference in
      *.json) rm -f "$STATE/releases/$reference" ;;
      *) ! docker image inspect "$reference" >/dev/null 2>&1 || run docker rmi "$reference" ;;
    esac
  done
}

write_record() { # NAME
  [ ! -e "$STATE/journal/record.json" ] || mv -f "$STATE/journal/record.json" "$STATE/releases/$1"
}
