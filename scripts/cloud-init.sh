#!/bin/sh
# Writes host/cloud-init.yaml: host/setup.sh as user data of a new host.
# Usage: cloud-init.sh [FILE]
set -eu
cd "$(dirname "$0")/.."

{
  cat <<'YAML'
#cloud-config
# host/setup.sh for the first boot. Put your public key, your repository and the address of the host into the last
# line. What it prints (fingerprint, secrets, workflow): sudo tail -n 50 /var/log/cloud-init-output.log
write_files:
- path: /usr/local/sbin/resee-setup
  permissions: '0755'
  content: |
YAML
  # Three blanks are as few as YAML allows here: EC2 takes 16 KiB.
  sed 's/^./   &/' host/setup.sh
  cat <<'YAML'
runcmd:
- [resee-setup, --key, 'ssh-ed25519 AAAA… deploy', --repository, you/shop, --host, 203.0.113.10]
YAML
} >"${1:-host/cloud-init.yaml}"
