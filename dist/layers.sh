# Prints the layers of each image on the host, an image a line: their diff IDs, from the lowest to the highest.
# shellcheck shell=sh
images=$(docker image ls -q --no-trunc | sort -u)
# Ids are hex: they are meant to be split.
# shellcheck disable=SC2086
[ -z "$images" ] || docker image inspect -f '{{join .RootFS.Layers " "}}' $images | answer_lines
