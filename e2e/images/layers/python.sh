# shellcheck shell=bash
# python:3.13-slim with the backend's packages already in it: `pip install -r` finds each one satisfied.
fill() {
  add_packages "$1" python3 python3-pip
  ln -s /usr/bin/python3 "$1/usr/local/bin/python"
  mkdir -p "$1/tmp/requirements"
  cp "${example:?}"/backend/requirements*.txt "$1/tmp/requirements/"
  inside "$1" pip install --break-system-packages --no-cache-dir --ignore-installed \
    -r /tmp/requirements/requirements-dev.txt
  # The proof: with no index, nothing is missing.
  inside "$1" env PIP_NO_INDEX=1 pip install --break-system-packages -r /tmp/requirements/requirements-dev.txt
}
