#!/bin/sh
# Makes the major tag (v1) name the commit that is checked out, which is the release TAG (v1.2.3).
# Refuses to move it back: a fix of an old minor version is no reason to take the new one away.
# Usage: move-major-tag.sh TAG
set -eu

tag=$1
if ! printf '%s\n' "$tag" | grep -Eqx 'v[0-9]+\.[0-9]+\.[0-9]+'; then
  echo "'$tag' is not a version like v1.2.3: nothing was moved" >&2
  exit 1
fi
major=${tag%%.*}

git fetch --quiet --tags --force origin
newest=$(git tag --list "$major.*.*" --sort=-version:refname | grep -Ex 'v[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)
if [ "$newest" != "$tag" ]; then
  echo "$major stays where it is: $newest is newer than $tag"
  exit 0
fi
git push --force origin "$(git rev-parse "$tag^{commit}"):refs/tags/$major"
echo "$major is $tag now"
