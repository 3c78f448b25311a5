# What goes on after a reboot, where the runner is gone as well: the watchdog of a lease is started once more at the
# next boot, by what this user may use without root. It is there as long as the lease.
# shellcheck shell=sh

# systemd starts units of users that linger when the host boots.
user_units_start() { [ -d /run/systemd/system ] && [ -e "/var/lib/systemd/linger/$(id -un)" ]; }

# A cron that knows @reboot: that of BusyBox does not.
cron_starts() {
  reboot_crontab=$(command -v crontab) || return
  [ "$(basename "$(readlink -f "$reboot_crontab")")" != busybox ] || return
  # That of a container is not the host's. Tests have another one.
  read -r reboot_cron 2>/dev/null <"${RESEE_RUN:=/run}/crond.pid" && [ -d "/proc/$reboot_cron" ]
}

reboot_unit() {
  unit_directory=$HOME/.config/systemd/user
  unit=resee-deploy-$(basename "$STATE").service
}

# arm_reboot: prints how it is started after a reboot: systemd, cron, or none.
arm_reboot() {
  reboot_text=$(
    for armed_name in PATH HOME $DOCKER_VARIABLES; do
      eval "armed_value=\${$armed_name-}"
      [ -z "$armed_value" ] || { assigned "$armed_name" "$armed_value" && echo "export $armed_name"; } || exit
    done
    # It expands these when it runs.
    # shellcheck disable=SC2016
    assigned STATE "$STATE" && assigned LIBRARY "$LIBRARY" &&
      printf 'exec sh "$LIBRARY/watchdog.sh" "$STATE" "$LIBRARY"\n'
  ) && write_whole "$STATE/bin/reboot.sh" "$reboot_text" || return
  for armed_by in systemd cron; do
    case $armed_by in
      systemd) user_units_start || continue ;;
      cron) cron_starts || continue ;;
    esac
    # Noted first: what is noted is taken away later.
    write_whole "$STATE/armed" "$armed_by" || return
    "arm_$armed_by" >&2 || {
      [ ! -e "$STATE/armed" ] || "disarm_$armed_by"
      continue
    }
    echo "$armed_by"
    return
  done
  echo none
}

# disarm_reboot: nothing of it is left.
disarm_reboot() {
  [ -e "$STATE/armed" ] || return 0
  case $(cat "$STATE/armed") in
    systemd) disarm_systemd ;;
    cron) disarm_cron ;;
  esac || return
  rm -f "$STATE/armed" "$STATE/bin/reboot.sh"
}

arm_systemd() {
  reboot_unit
  mkdir -p "$unit_directory/default.target.wants" || return
  # Of its quotes, specifiers and variables.
  unit_path=$(printf '%s' "$STATE/bin/reboot.sh" | sed 's/[\\"]/\\&/g;s/%/%%/g;s/\$/$$/g')
  write_whole "$unit_directory/$unit" "[Unit]
Description=Hands the stack $(basename "$STATE") back whole after a reboot

[Service]
ExecStart=/bin/sh \"$unit_path\"

[Install]
WantedBy=default.target" || return
  ln -sf "../$unit" "$unit_directory/default.target.wants/$unit"
}

disarm_systemd() {
  reboot_unit
  rm -f "$unit_directory/default.target.wants/$unit" "$unit_directory/$unit" || return
  # Directories that hold nothing any more were made for this.
  rmdir "$unit_directory/default.target.wants" "$unit_directory" "$HOME/.config/systemd" "$HOME/.config" 2>/dev/null || :
}

# cron takes % for a line end.
cron_line() { printf '@reboot sh %s # resee-deploy\n' "$(quoted "$STATE/bin/reboot.sh" | sed 's/%/\\%/g')"; }

# read_crontab: the user's own, into `crontab`; fails where it cannot be told whether there is one.
read_crontab() {
  crontab=$(crontab -l 2>&1) && return
  case $crontab in
    *[Nn]'o crontab for'*) crontab= ;;
    *)
      say "$crontab"
      return 1
      ;;
  esac
}

arm_cron() {
  read_crontab || {
    # Whom cron refuses has nothing there to be taken away.
    rm -f "$STATE/armed"
    return 1
  }
  ! printf '%s\n' "$crontab" | grep -qxF -- "$(cron_line)" || return 0
  { [ -z "$crontab" ] || printf '%s\n' "$crontab" && cron_line; } | crontab -
}

disarm_cron() {
  read_crontab || return
  printf '%s\n' "$crontab" | grep -qxF -- "$(cron_line)" || return 0
  crontab_left=$(printf '%s\n' "$crontab" | grep -vxF -- "$(cron_line)")
  if [ -z "$crontab_left" ]; then crontab -r; else printf '%s\n' "$crontab_left" | crontab -; fi
}
