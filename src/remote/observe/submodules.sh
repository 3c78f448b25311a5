# Submodules: each is fetched by the commit that the superproject names, into a repository of its own beside
# ours, and laid into the staged tree. Their files are files of the release like any others.
# Vars: DIR SHA HEAD REMOTE STATE RUN OWN STAGE SCRATCH
# shellcheck shell=sh

git_module() { # GIT_DIR …
  module=$1
  shift
  git_plain --git-dir "$module" "$@"
}
gitlinks() { # GIT_DIR TREE: lines `COMMIT PATH`
  git_module "$1" ls-tree -r -z "$2" 2>/dev/null | path_lines | sed -n 's/^160000 commit \([0-9a-f]*\)	/\1 /p'
}
module_url() { # GIT_DIR COMMIT PATH
  section_of=$(git_module "$1" config --blob "$2:.gitmodules" --get-regexp '^submodule\..*\.path$' |
    AT=$3 awk '{ key = $1; sub(/^[^ ]* /, ""); if ($0 == ENVIRON["AT"]) { sub(/\.path$/, "", key); print key; exit } }')
  [ -n "$section_of" ] && git_module "$1" config --blob "$2:.gitmodules" --get "$section_of.url"
}

# A URL as .gitmodules has it, seen from the repository that it stands in. A path of the host is only for
# repositories that come from a path themselves.
whole_url() { # PARENT URL
  parent=${1%/} url=$2
  case $url in
    ./* | ../*) ;;
    https://* | http://* | ssh://* | git://*) printf '%s\n' "$url" && return ;;
    /* | file://*) case $parent in /* | file://*) printf '%s\n' "$url" && return ;; esac ;;
    -* | *::*) ;;
    *@*:*) printf '%s\n' "$url" && return ;;
  esac
  while :; do
    case $url in
      ./*) url=${url#./} ;;
      ../*)
        url=${url#../}
        case $parent in */*) parent=${parent%/*} ;; *:*) parent=${parent%:*} ;; *) return 1 ;; esac
        ;;
      *) break ;;
    esac
  done
  [ "$url" != "$2" ] || {
    echo "the URL of a submodule is not one that is fetched: $2" >&2
    return 1
  }
  case $parent in *:*/* | */*) printf '%s/%s\n' "$parent" "$url" ;; *) printf '%s:%s\n' "$parent" "$url" ;; esac
}

fetch_module() { # GIT_DIR URL COMMIT
  [ -e "$1/HEAD" ] || git_init "$3" --bare "$1" || return
  git_module "$1" rev-parse -q --verify "refs/kept/$3" >/dev/null && return
  # Nearly every server gives a commit by its name; others give the branches.
  git_fetch_into "$1" fetch --quiet --no-tags --no-recurse-submodules --depth 1 --force "$2" "$3:refs/kept/$3" 2>"$SCRATCH/module.err" ||
    git_fetch_into "$1" fetch --quiet --no-tags --no-recurse-submodules --force "$2" '+refs/heads/*:refs/remotes/all/*' || {
    cat "$SCRATCH/module.err" >&2
    return 1
  }
  git_module "$1" update-ref "refs/kept/$3" "$3"
}

# lay_submodules GIT_DIR COMMIT URL PREFIX OLD_GIT_DIR OLD_COMMIT: all of a commit, and theirs.
lay_submodules() {
  gitlinks "$1" "$2" | while read -r commit path; do
    if ! url=$(module_url "$1" "$2" "$path") || ! url=$(whole_url "$3" "$url"); then
      echo "the submodule $4$path has no usable URL in .gitmodules" >&2
      exit 1
    fi
    git=$STATE/modules/$(printf %s "$url" | git_own hash-object --stdin).git
    fetch_module "$git" "$url" "$commit" </dev/null || exit
    old=$(gitlinks "$5" "$6" | AT=$path awk '{ commit = $1; sub(/^[^ ]* /, ""); if ($0 == ENVIRON["AT"]) print commit }')
    lay_module "$git" "$commit" "$4$path" "$old" </dev/null || exit
    lay_submodules "$git" "$commit" "$url" "$4$path/" "$git" "${old:-none}" </dev/null || exit
  done
}

# lay_module GIT_DIR COMMIT PATH OLD_COMMIT: its files into the staged tree, and what is to change for them in the
# live directory: what the commits differ in, and what is not there yet. What was changed by hand is told.
lay_module() {
  index=$OWN/module.index
  rm -f "$index"
  mkdir -p "$STAGE/$3"
  module_index "$1" read-tree "$2" || return
  (cd "$STAGE/$3" && umask 022 && module_index "$1" --work-tree "$STAGE/$3" checkout-index -q --all --force -u) || return
  module_index "$1" ls-files -z | path_lines | below "$3" | tr '\n' '\000' >>"$OWN/files"
  there=$DIR/$3
  [ -d "$there" ] || there=$OWN/nothing
  mkdir -p "$OWN/nothing"
  module_index "$1" --work-tree "$there" update-index -q --refresh >/dev/null
  module_index "$1" --work-tree "$there" diff-files --name-status --no-renames --ignore-submodules -z | path_lines | paired >"$OWN/module.differ"
  : >"$OWN/module.local"
  if [ -n "$4" ] && git_module "$1" cat-file -e "$4^{tree}" 2>/dev/null; then
    git_module "$1" diff-tree -r --name-status --no-renames --ignore-submodules -z "$4" "$2" | path_lines | paired >"$OWN/module.changed"
    module_index "$1" read-tree "$4"
    module_index "$1" --work-tree "$there" update-index -q --refresh >/dev/null
    module_index "$1" --work-tree "$there" diff-files --name-only --diff-filter=M --ignore-submodules -z | path_lines >"$OWN/module.local"
    # What only the host has changed stays; what is missing there comes.
    { cat "$OWN/module.changed" && grep '^D' "$OWN/module.differ" | sed 's/^D/A/'; } | sort -u -k2 -t'	'
  else
    sed 's/^D/A/' "$OWN/module.differ"
  fi | while IFS='	' read -r letter path; do
    printf '%s\n%s/%s\n' "$letter" "$3" "$path"
  done >>"$OWN/changed-in-modules"
  below "$3" <"$OWN/module.local" >>"$OWN/modified"
}
module_index() (
  GIT_INDEX_FILE=$OWN/module.index
  export GIT_INDEX_FILE
  git_module "$@"
)
below() { PLACE=$1/ awk '{ print ENVIRON["PLACE"] $0 }'; }
# A letter and a path by turns become one line.
paired() { awk 'NR % 2 { letter = $0; next } { print letter "\t" $0 }'; }

observe_submodules() {
  : >"$OWN/changed-in-modules"
  { gitlinks "$STATE/repository.git" "$SHA" && gitlinks "$STATE/repository.git" "$BASE"; } | cut -d' ' -f2- | sort -u >"$OWN/submodules"
  [ -s "$OWN/submodules" ] || return 0
  section submodules
  cat "$OWN/submodules"
  capture submodule lay_submodules "$STATE/repository.git" "$SHA" "$REMOTE" '' "$STATE/repository.git" "$BASE" || return
  section changed-in-submodules
  cat "$OWN/changed-in-modules"
}
