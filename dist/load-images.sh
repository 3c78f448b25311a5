# Loads the images that were shipped to FILE, where it came whole. Prints `reference image-id` for each of
# REFERENCES. Vars: FILE SHA256 REFERENCES
#   ROOM (arguments of make_room, quoted, or nothing)
# shellcheck shell=sh
if [ "$(sha256sum <"$FILE")" != "$SHA256  -" ]; then
  say 'what was shipped did not come whole'
  exit 1
fi
[ -z "$ROOM" ] || eval "make_room $ROOM" || exit
run docker load --quiet -i "$FILE"
rm -f "$FILE"
for reference in $REFERENCES; do
  loaded=$(docker image inspect -f '{{.Id}}' "$reference") || exit
  answer "$reference" "$loaded"
done
