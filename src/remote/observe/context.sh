# What builds read: a link that leads out of a build's context is of no use there, so the untracked files that
# lie within one are copied, as far as they are not too many. Vars: DIR OWN STAGE SCRATCH
# shellcheck shell=sh

# All copies together.
CONTEXT_KB=65536
CONTEXT_FILES=5000

# The directories that Compose's normalised text names as contexts.
contexts() { # FILE
  {
    grep -oE '"context": "/[^"]*"' "$1"
    awk '/"additional_contexts": \{/ { inside = 1; next } inside && /^ *\}/ { inside = 0 } inside' "$1"
  } | sed -n 's#^[^:]*: "\(/[^"]*\)",\{0,1\}$#\1#p' | sort -u
}

# Of the untracked paths those that lie within a context, and that its .dockerignore does not name.
untracked_in_contexts() {
  BELOW=$STAGE/ awk '
    function plain(pattern) {
      sub(/[ \t\r]+$/, "", pattern); sub(/^(\.?\/)+/, "", pattern); sub(/(\/|\/\*\*|\/\*)+$/, "", pattern)
      return pattern
    }
    function ignored(context, path,   part, all, count, i) {
      if (context in exceptions) return 0
      count = split(path, part, "/"); all = ""
      for (i = 1; i <= count; i++) {
        all = all (i > 1 ? "/" : "") part[i]
        if ((context, all) in ignores || (context, "**/" part[i]) in ignores) return 1
      }
      return (context, "*") in ignores || (context, "**") in ignores
    }
    NR == FNR {
      contexts[++n] = $0 "/"
      while ((getline pattern < ($0 "/.dockerignore")) > 0) {
        if (pattern ~ /^!/) exceptions[$0 "/"]
        if (pattern !~ /^[#!]/) ignores[$0 "/", plain(pattern)]
      }
      next
    }
    {
      path = ENVIRON["BELOW"] $0
      sub(/\/$/, "", path)
      for (i = 1; i <= n; i++)
        if (index(path, contexts[i]) == 1 && !ignored(contexts[i], substr(path, length(contexts[i]) + 1))) { print; next }
    }' "$SCRATCH/contexts" "$OWN/untracked"
}

fill_contexts() {
  [ -s "$OWN/untracked" ] || return 0
  contexts "$SCRATCH/config.out" >"$SCRATCH/contexts"
  untracked_in_contexts >"$SCRATCH/wanted"
  left_kb=$CONTEXT_KB left_files=$CONTEXT_FILES
  section uncopied
  : >"$SCRATCH/small"
  grep -v '/$' "$SCRATCH/wanted" | while IFS= read -r path; do [ ! -f "$DIR/$path" ] || printf '%s\000' "$path"; done |
    (cd "$DIR" && xargs -0 sh -c 'test $# = 0 || stat -c "%s %n" -- "$@"' sh) |
    awk -v kb="$left_kb" -v files="$left_files" -v small="$SCRATCH/small" '
      { size = $1 / 1024; sub(/^[0-9]+ /, "") }
      size > kb || files < 1 { print; next }
      { kb -= size; files -= 1; print > small }'
  tar -C "$DIR" -cf - --no-recursion --verbatim-files-from -T "$SCRATCH/small" | tar -C "$STAGE" -xpf -
  # Directories after the files, one by one: one that cannot be read stays a link.
  grep '/$' "$SCRATCH/wanted" | while IFS= read -r path; do
    path=${path%/}
    if [ ! -d "$DIR/$path" ] || [ ! -h "$STAGE/$path" ]; then continue; fi
    files=$(find "$DIR/$path" 2>/dev/null | head -n $((left_files + 1)) | wc -l)
    if [ "$files" -le "$left_files" ]; then kb=$(du -sk "$DIR/$path" 2>/dev/null | cut -f1); else kb=; fi
    if [ "${kb:-$((left_kb + 1))}" -le "$left_kb" ] && rm "$STAGE/$path" && cp -RpP "$DIR/$path" "$STAGE/$path" 2>/dev/null; then
      left_files=$((left_files - files)) left_kb=$((left_kb - kb))
    else
      rm -rf "${STAGE:?}/$path"
      ln -s "$DIR/$path" "$STAGE/$path"
      printf '%s\n' "$path"
    fi
  done
}

# Lines `FILE TAB LINE` of the Dockerfiles that Compose's normalised text names: what images are built from.
observe_dockerfiles() {
  section dockerfiles
  awk '
    /"context": "/ { context = $0; sub(/^[^:]*: "/, "", context); sub(/",?$/, "", context) }
    /"dockerfile": "/ {
      file = $0; sub(/^[^:]*: "/, "", file); sub(/",?$/, "", file)
      print (file ~ /^\// ? file : context "/" file)
    }' "$SCRATCH/config.out" | sort -u | while IFS= read -r file; do
    case $file in "$STAGE"/*) ;; *) continue ;; esac
    [ -f "$file" ] || continue
    grep -iE '^[[:space:]]*(FROM|ARG)[[:space:]]|from=' "$file" | head -n 200 | while IFS= read -r line; do
      printf '%s\t%s\n' "${file#"$STAGE"/}" "$line"
    done
  done
}
