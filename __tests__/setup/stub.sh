#!/bin/sh
# Every command that changes a host, as far as host/setup.sh can see: what was done is kept under $STATE, and every
# call is a line of $STATE/calls.
name=${0##*/}
printf '%s %s\n' "$name" "$*" >>"$STATE/calls"
has() { grep -qxF -- "$2" "$STATE/$1" 2>/dev/null; }
for last; do :; done
case "$name $*" in
  dpkg-query*) has packages "$last" && echo 'install ok installed' ;;
  rpm*) has packages "$last" ;;
  apt-get*' install '* | dnf*) for word; do echo "$word"; done >>"$STATE/packages" ;;
  'dpkg --print-architecture') echo amd64 ;;
  systemctl*is-enabled*) has units "$last" ;;
  systemctl*is-active*) has active "$last" ;;
  'systemctl start'*) echo "$last" >>"$STATE/active" ;;
  systemctl*) echo "$last" >>"$STATE/units" ;;
  getent*) has users "$last" && echo "$last:x:1000:1000::/home/$last:/bin/bash" ;;
  useradd*) echo "$last" >>"$STATE/users" ;;
  usermod*) echo "$last" >>"$STATE/members" ;;
  'id -nG'*) has members "$last" && echo "$last docker" ;;
  'id -gn'*) has users "$last" && echo "$last" ;;
  id*) echo 0 ;;
  loginctl*) mkdir -p "$RESEE_SETUP_ROOT/var/lib/systemd/linger" && : >"$RESEE_SETUP_ROOT/var/lib/systemd/linger/$last" ;;
  install*)
    # Without the owner, which only root can give.
    case $* in
      *' /dev/null '*) mkdir -p "${last%/*}" && : >"$last" ;;
      *) mkdir -p "$last" ;;
    esac
    ;;
  curl*checksums.txt)
    while [ "$1" != -o ]; do shift; done
    for asset in docker-compose-linux-x86_64 buildx-v0.30.1.linux-amd64; do
      printf '%s *%s\n' "${WRONG_SUM:-$(printf 'plugin\n' | sha256sum | cut -d' ' -f1)}" "$asset"
    done >"$2"
    ;;
  curl*)
    while [ "$1" != -o ]; do shift; done
    echo plugin >"$2"
    ;;
  df*) printf 'Filesystem blocks Used Available\n/dev/x 1 1 %s /\n' "${FREE_MIB:-20000}" ;;
  swapon*) echo "$last file" >>"$RESEE_SETUP_ROOT/proc/swaps" ;;
  uname*) echo x86_64 ;;
  'ssh-keygen -A') ;;
  ssh-keygen*) echo '256 SHA256:abc host (ED25519)' ;;
  'docker ps'*) cat "$STATE/containers" 2>/dev/null ;;
esac
