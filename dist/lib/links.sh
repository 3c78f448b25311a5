# Paths that lead through symbolic links. Whoever can write to a directory may make one of a part of it.
# shellcheck shell=sh

# below_link DIRECTORY PATH: a directory above PATH, within DIRECTORY, is a symbolic link; it is left in `link_above`. What
# lies below it is none of the directory's own.
below_link() {
  link_above='' link_rest=$2
  while case $link_rest in */*) true ;; *) false ;; esac do
    link_above=${link_above:+$link_above/}${link_rest%%/*}
    link_rest=${link_rest#*/}
    [ ! -h "$1/$link_above" ] || return 0
  done
  return 1
}
holds() { ! below_link "$1" "$2" && { [ -h "$1/$2" ] || [ -e "$1/$2" ]; }; } # DIRECTORY PATH
