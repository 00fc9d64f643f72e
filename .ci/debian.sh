# shellcheck shell=bash
# Folders with another Debian, for the scripts here: to be sourced.

# The mirror that this machine uses already.
mirror() {
  { cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true; } |
    awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /^http/) {print $i; exit}}'
}

# debian_into FOLDER SUITE ARGUMENT...: FOLDER gets a Debian by mmdebstrap, whole or not at all.
# Arguments that begin with "deb " are further sources, of the suites named behind it.
debian_into() {
  local folder=$1 suite=$2 options=() sources=() each
  shift 2
  for each in "$@"; do
    if [[ $each == deb\ * ]]; then
      sources+=("deb $(mirror) ${each#deb } main")
    else
      options+=("$each")
    fi
  done
  command -v mmdebstrap >/dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends mmdebstrap >/dev/null
  }
  mkdir -p "$(dirname "$folder")"
  rm -rf "$folder.new"
  # A mirror may be behind with the date of its lists, which is no reason to do without them.
  mmdebstrap --quiet --mode=root --variant=apt "${options[@]}" \
    --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    "$suite" "$folder.new" "deb $(mirror) $suite main" "${sources[@]}" >&2
  mv "$folder.new" "$folder"
}
