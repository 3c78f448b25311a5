# What references name: a release gives them other images, and an undo gives them back.
# shellcheck shell=sh

# An image that a failed release made, and that no reference names: a kept release may have the same.
remove_unnamed() {
  [ "$(docker image inspect -f '{{len .RepoTags}}' "$1" 2>/dev/null)" != 0 ] || docker rmi "$1" >&2 ||
    say "the image $1 is still used, and stays"
}

# image_of REFERENCE: prints the image that it names, if any; fails where the engine does not say.
image_of() {
  # Where it fails it prints an empty line, which is no answer.
  image_said=$(docker image inspect -f '{{.Id}}' "$1" 2>/dev/null) || {
    # Asked apart: where it answers, a warning of the client is none of its words.
    if image_why=$(docker image inspect -f '{{.Id}}' "$1" 2>&1 >/dev/null); then
      image_said=$(docker image inspect -f '{{.Id}}' "$1") || return
    elif says_none "$image_why"; then
      return 0
    else
      say "$image_why"
      return 1
    fi
  }
  printf '%s\n' "$image_said"
}

# set_tag REFERENCE IMAGE: the reference names that image. What it named until now goes, where nothing else names or
# uses it.
set_tag() {
  made=$(image_of "$1") || return
  run docker tag "$2" "$1" || return
  [ -z "$made" ] || remove_unnamed "$made"
}

# restore_tag REFERENCE IMAGE: undoes what gave the reference another image: it names that one again, or nothing if
# it named nothing. What it named until now goes, where nothing else names or uses it. What nobody can undo any more
# is told, and holds nothing up: an image that was removed meanwhile (`docker image prune`), a name that is in use.
restore_tag() {
  former=$2
  if [ -n "$former" ]; then
    former_id=$(image_of "$former") || return
    [ -n "$former_id" ] || {
      say "$former, which $1 named before, is gone: somebody removed it. $1 names nothing"
      former=
    }
  fi
  if [ -n "$former" ]; then
    set_tag "$1" "$former"
  else
    made=$(image_of "$1") || return
    [ -n "$made" ] || return 0
    run docker rmi "$1" || say "$1 is in use, and stays"
    remove_unnamed "$made"
  fi
}
