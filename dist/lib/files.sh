# The files of the live directory.
# shellcheck shell=sh

# require_plain_parents DIRECTORY LIST FROM: fails where a path of the file LIST, which FROM holds, would be written
# through a symbolic link. One that LIST names itself is replaced first. A container that mounts the directory may make
# one at any time: this is asked again right before anything is written.
require_plain_parents() {
  newline='
'
  named=$newline$(cat "$2")$newline
  while IFS= read -r path; do
    if ! holds "$3" "$path" || ! below_link "$1" "$path"; then continue; fi
    # shellcheck disable=SC2154
    case $named in *"$newline$link_above$newline"*) continue ;; esac
    linked "$1" "$link_above" "$path"
    return 1
  done <"$2"
}
linked() { # DIRECTORY LINK PATH
  say "$1/$2 is a symbolic link by now: $3 is not written through it"
  say 'remove it, and look at who can write to this directory (containers that mount it)'
}

# copy_paths FROM TO LIST INPLACE: makes each path of the file LIST (relative, one a line) in TO
# what it is in FROM; what is not in FROM is removed from TO. Paths that are also in INPLACE are
# written into the file that is there, because a container holds on to it (a bind mount of a single
# file pins the inode). All others are exchanged by a rename: who reads one has the old text or the new. The directories that it makes can be read by every container's user, whatever mask the
# caller has.
copy_paths() {
  copy_from=$1 copy_to=$2
  mkdir -p "$copy_to"
  copy_list=$3.copied
  : >"$copy_list"
  : >"$copy_list.over"
  newline='
'
  held=$newline$(cat "$4")$newline
  require_plain_parents "$copy_to" "$3" "$copy_from" || return
  while IFS= read -r path; do
    if holds "$copy_from" "$path"; then
      case $held in
        *"$newline$path$newline"*)
          if ! below_link "$copy_to" "$path" && [ -f "$copy_to/$path" ] && [ ! -h "$copy_to/$path" ] && [ ! -h "$copy_from/$path" ]; then
            cat "$copy_from/$path" >"$copy_to/$path"
            if [ -x "$copy_from/$path" ]; then chmod +x "$copy_to/$path"; else chmod -x "$copy_to/$path"; fi
            continue
          fi
          ;;
      esac
      copy_kind=
      if is_file "$copy_from/$path" && is_file "$copy_to/$path" && bears_ending "$path"; then copy_kind=.over; fi
      printf '%s\n' "$path" >>"$copy_list$copy_kind"
    elif holds "$copy_to" "$path"; then
      rm -f "$copy_to/$path"
      # A directory that just became empty is not in the commit either.
      (cd "$copy_to" && rmdir -p -- "$(dirname -- "$path")" 2>/dev/null) || :
    fi
  done <"$3"
  require_plain_parents "$copy_to" "$3" "$copy_from" || return
  copy_listed "$copy_list"
  # In its own directory, for its label (SELinux); the target of a symbolic link keeps its name.
  copy_listed "$copy_list.over" --transform='s/$/.resee-new/S'
  while IFS= read -r path; do mv -fT -- "$copy_to/$path.resee-new" "$copy_to/$path"; done <"$copy_list.over"
  rm -f "$copy_list" "$copy_list.over"
}
# A name has 255 bytes at most, and one that is encrypted fewer; a character has four at most.
bears_ending() { # PATH
  ending_of=${1##*/}
  [ "${#ending_of}" -le 30 ] || [ "$(printf %s "$ending_of" | wc -c)" -le 130 ]
}
is_file() { [ -h "$1" ] || [ -f "$1" ]; }
copy_listed() { # LIST [OPTION]
  [ -s "$1" ] || return 0
  tar -C "$copy_from" -cf - --no-recursion --verbatim-files-from -T "$1" | (umask 022 && tar -C "$copy_to" -xpf - ${2+"$2"})
}

# install_files NAME LIVE STAGE PATHS INPLACE: brings PATHS (text, one a line) from the staged tree
# to the live directory; what was there is kept in the journal for restore_files NAME.
install_files() {
  # On a first deploy there may be none.
  (umask 022 && mkdir -p "$2")
  mkdir -p "$STATE/journal/$1"
  printf '%s' "$4" | sed '/^$/d' >"$STATE/journal/$1/paths"
  printf '%s' "$5" | sed '/^$/d' >"$STATE/journal/$1/inplace"
  require_plain_parents "$2" "$STATE/journal/$1/paths" "$3" || return
  copy_paths "$2" "$STATE/journal/$1/before" "$STATE/journal/$1/paths" "$STATE/journal/$1/inplace"
  staged_whole "$3" "$STATE/journal/$1/paths"
  : >"$STATE/journal/$1/kept"
  copy_paths "$3" "$2" "$STATE/journal/$1/paths" "$STATE/journal/$1/inplace"
}

# staged_whole STAGE LIST: fails where the commit has a file of LIST and the staged tree has not: what is missing
# there by accident must not be removed from the live directory.
staged_whole() {
  [ -s "$2" ] || return 0
  [ -d "$1" ] || {
    say "the staged tree $1 is gone: no file is brought to the live directory"
    return 1
  }
  # What the journal keeps of a staged tree was compared when it was copied there.
  case $1 in */staged-root/*) staged_files=${1%%/staged-root/*}/files ;; *) return 0 ;; esac
  [ -f "$staged_files" ] || return 0
  path_lines <"$staged_files" | LC_ALL=C sort >"$2.of-commit"
  LC_ALL=C sort "$2" | LC_ALL=C comm -12 - "$2.of-commit" | while IFS= read -r path; do
    [ -e "$1/$path" ] || [ -h "$1/$path" ] || {
      say "the staged tree lacks $path: no file is brought to the live directory"
      exit 1
    }
  done
}

# restore_files NAME LIVE: undoes install_files, as far as it came.
restore_files() {
  [ -e "$STATE/journal/$1/kept" ] || return 0
  copy_paths "$STATE/journal/$1/before" "$2" "$STATE/journal/$1/paths" "$STATE/journal/$1/inplace"
}

# write_through CONTAINER INSIDE FILE: the mounted file gets the text of FILE. A mount that is read-only stays
# so: opening it would need rights on the host that no container is given.
write_through() {
  # The shell inside expands it.
  # shellcheck disable=SC2016
  ! root_exec_from "$3" -i "$1" sh -c 'cat >"$1"' sh "$2" >/dev/null 2>&1 || return 0
  say "$2 is mounted read-only, and the container still holds an older file than the live directory"
  say "recreate it once, with a gap: docker compose up -d --force-recreate"
  return 1
}

# proxy_files_show CONTAINER FROM PATHS: makes the container see the text of FROM/<path> at each mount,
# PATHS being lines `path TAB path in the container`. Normally it does already; where the host's file
# was replaced since the container started (a `git pull`), it holds the old inode, and is written
# through it.
proxy_files_show() {
  printf '%s' "$3" | while IFS="$(printf '\t')" read -r path inside; do
    [ -f "$2/$path" ] || continue
    ! root_exec "$1" cat "$inside" 2>/dev/null | cmp -s - "$2/$path" || continue
    say "$inside in the container is not the file of the live directory any more: writing through it"
    write_through "$1" "$inside" "$2/$path"
    root_exec "$1" cat "$inside" | cmp -s - "$2/$path"
  done
}

# proxy_files_keep CONTAINER TO PATHS: keeps what the container sees, for proxy_files_show.
proxy_files_keep() {
  printf '%s' "$3" | while IFS="$(printf '\t')" read -r path inside; do
    mkdir -p "$2/$(dirname "$path")"
    root_exec "$1" cat "$inside" >"$2/$path"
  done
}
