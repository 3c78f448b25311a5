#!/bin/sh
# Publishes this release's hashed files beside those of the releases before it, then serves.
#
# A page that was loaded before a cutover goes on asking for its own chunks, and whichever container
# answers must have them: so all containers serve /assets/ from one volume. Only what none of the last
# five releases lists is taken away.
set -eu
umask 022
kept_releases=5
own=/srv/www/assets
shared=/srv/assets
listings=$shared/.releases

mkdir -p "$listings"
for file in "$own"/*; do
  name=${file##*/}
  # Placed whole: a visitor never gets half a file.
  cp "$file" "$shared/.$name.$$"
  mv "$shared/.$name.$$" "$shared/$name"
done

listing=$(ls "$own")
for old in "$listings"/*; do
  if [ -e "$old" ] && [ "$(cat "$old")" = "$listing" ]; then rm -f "$old"; fi
done
newest=$(find "$listings" -type f | sed 's|.*/||' | sort -n | tail -n 1)
printf '%s\n' "$listing" >"$listings/$((${newest:-0} + 1))"

find "$listings" -type f | sed 's|.*/||' | sort -rn | tail -n "+$((kept_releases + 1))" | while read -r expired; do
  rm -f "$listings/$expired"
done
for file in "$shared"/*; do
  grep -qxF "${file##*/}" "$listings"/* || rm -f "$file"
done

exec "$@"
