# The kernel's tables of connections, read as one: who has opened something to whom. Programs of awk.
# shellcheck shell=sh

# kernel_address(TEXT): as the kernel writes the address: in hexadecimal digits, each group of four bytes backwards.
# shellcheck disable=SC2016,SC2034
KERNEL_ADDRESS_AWK='
function backwards(group) { return substr(group, 7, 2) substr(group, 5, 2) substr(group, 3, 2) substr(group, 1, 2) }
function kernel_address(text,   part, parts, filled, i, digits, head) {
  if (text ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/) {
    split(text, part, ".")
    return sprintf("%02X%02X%02X%02X", part[4], part[3], part[2], part[1])
  }
  if (text !~ /^[0-9a-fA-F:]+$/ || text !~ /:/) return ""
  head = index(text, "::")
  if (head > 0) {
    parts = split(text, part, ":")
    filled = 0
    for (i = 1; i <= parts; i++) if (part[i] != "") filled++
    digits = substr(text, 1, head - 1)
    for (i = filled; i < 8; i++) digits = digits ":0"
    text = digits ":" substr(text, head + 2)
    sub(/^:/, "", text)
    sub(/:$/, "", text)
  }
  split(text, part, ":")
  digits = ""
  for (i = 1; i <= 8; i++) digits = digits substr("0000" toupper(part[i]), length(part[i]) + 1)
  return backwards(substr(digits, 1, 8)) backwards(substr(digits, 9, 8)) backwards(substr(digits, 17, 8)) backwards(substr(digits, 25, 8))
}
'

# Reads lines `container ID NAME ADDRESS…` and, after a line `namespace ID` each, the tables tcp, tcp6 and snmp of
# /proc/PID/net. Prints lines `open PEER PEER-ADDRESS ID:PORT` for each connection to a port that a container of
# `targets` (ids between blanks) listens on, in any state, also one that has just ended; PEER is the container that
# opened it, `-` where it is none; with `between` also where that is a target itself. Lines `asked CONTAINER NUMBER`:
# UDP datagrams sent. `name CONTAINER NAME`. The kernel writes IPv4 in IPv6 sockets behind FFFF.
# shellcheck disable=SC2016,SC2034
CONNECTIONS_AWK='
function plain(address) { return substr(address, 1, 24) == "0000000000000000FFFF0000" ? substr(address, 25) : address }
$1 == "container" {
  sub(/^\//, "", $3)
  print "name", $2, $3
  for (i = 4; i <= NF; i++) {
    address = kernel_address($i)
    if (address != "") owner[address] = $2
  }
  if (index(targets, " " $2 " ")) target[$2] = 1
  next
}
$1 == "namespace" { namespace = $2; next }
$1 == "unseen" { print; next }
$1 == "Udp:" {
  if ($2 ~ /^[0-9]+$/) print "asked", namespace, $column
  else for (i = 2; i <= NF; i++) if ($i == "OutDatagrams") column = i
  next
}
$1 ~ /^[0-9]+:$/ && $2 ~ /^[0-9A-F]+:[0-9A-F]+$/ {
  split($2, here, ":")
  split($3, there, ":")
  if ($4 == "0A") {
    if (namespace in target) listens[namespace, here[2]] = 1
    next
  }
  here[1] = plain(here[1])
  there[1] = plain(there[1])
  if (owner[here[1]] in target) { to[++lines] = owner[here[1]]; port[lines] = here[2]; from[lines] = there[1]; at[lines] = there[2] }
  if (owner[there[1]] in target) { to[++lines] = owner[there[1]]; port[lines] = there[2]; from[lines] = here[1]; at[lines] = here[2] }
}
END {
  for (i = 1; i <= lines; i++) {
    peer = owner[from[i]] == "" ? "-" : owner[from[i]]
    if (from[i] ~ /^(......7F|0*01000000)$/ || peer == to[i]) continue
    # What those that are left open to each other is over when they are.
    if (peer in target && !between) continue
    if ((to[i], port[i]) in listens) print "open", peer, from[i] ":" at[i], to[i] ":" port[i]
  }
}'
