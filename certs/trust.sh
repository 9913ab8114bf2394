#!/usr/bin/env bash
# Makes this machine and the browsers of this user trust the local CA, or ends that.
#
# Usage: trust.sh trust|untrust [FOLDER]      (default: the folder of this script)
#
# Stores: the system's (update-ca-certificates; by sudo unless called by root), which curl and most
# languages read, and the NSS databases below HOME, which Chromium and Firefox read, their snaps
# and flatpaks among them. The CA goes by a name with its fingerprint in it, so that untrust takes
# away this CA and no other one. Calling it again changes nothing; every store says in one line
# what became of it, and one that fails does not keep the others from their turn.
set -euo pipefail

readonly action=${1-}
scripts=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
readonly folder=${2:-$scripts}
readonly ca=$folder/ca.crt
readonly rehearsal=${BOARDCAST_SYSTEM_STORE-} # tests: a folder in the place of the system's store
PATH=$PATH:/usr/sbin:/sbin                    # of update-ca-certificates
failures=0

say() { printf '%s: %s: %s\n' "$action" "$1" "$2"; }
fail() {
  printf 'trust.sh: %s\n' "$*" >&2
  exit 1
}
failed() {
  printf '%s: %s: %s\n' "$action" "$1" "$2" >&2
  failures=$((failures + 1))
}

# --- The system's store ---------------------------------------------------------------------------

as_root() {
  if [[ $rehearsal ]] || ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

# update_system [OPTION…]
update_system() {
  local where=()
  [[ ! $rehearsal ]] || where=(--localcertsdir "$rehearsal/local" --hooksdir "$rehearsal/hooks"
    --etccertsdir "$rehearsal/etc")
  as_root update-ca-certificates "$@" "${where[@]}" 2>&1
}

system_store() {
  local place=${rehearsal:+$rehearsal/local} file said
  place=${place:-/usr/local/share/ca-certificates}
  file=$place/$name.crt
  if [[ $action == trust ]] && cmp -s "$ca" "$file"; then
    say "$place" "there already"
  elif [[ $action == untrust && ! -e $file ]]; then
    say "$place" "not there"
  elif ! command -v update-ca-certificates >/dev/null; then
    failed "$place" "no update-ca-certificates here (Debian: ca-certificates)"
  elif [[ ! $rehearsal ]] && ((EUID != 0)) && ! command -v sudo >/dev/null; then
    failed "$place" "neither root nor sudo; ask an administrator to run $0 $action"
  elif [[ $action == untrust ]]; then
    # Fresh: otherwise the link to it stays behind.
    if said=$(as_root rm -f -- "$file" 2>&1 && update_system --fresh); then
      say "$place" "removed $name"
    else
      failed "$place" "could not remove $name: $said"
    fi
  elif said=$(as_root install -D -m 0644 "$ca" "$file" 2>&1 && update_system); then
    say "$place" "added $name"
  else
    # Half done does not stay. A sudo that refused left nothing, and is not asked twice.
    [[ ! -e $file ]] || as_root rm -f -- "$file" || true
    failed "$place" "could not add $name: $said"
  fi
}

# --- The browsers' stores -------------------------------------------------------------------------

# nss FOLDER ARGUMENTS…: asks for the password of a locked store on the terminal.
nss() { certutil -d "sql:$1" "${@:2}" 2>&1; }

trusted_in() { nss "$1" -L | grep -E "^$name +C,," >/dev/null; } # not -q: it would break the pipe

browser_store() {
  local store=$1 said
  if [[ $action == trust ]]; then
    if trusted_in "$store"; then
      say "$store" "there already"
    elif said=$(nss "$store" -A -t C,, -n "$name" -i "$ca") && trusted_in "$store"; then
      say "$store" "added $name"
    else
      nss "$store" -D -n "$name" >/dev/null || true # a locked store took it, but not the trust
      failed "$store" "could not add $name${said:+: $said}"
    fi
  elif ! nss "$store" -L -n "$name" >/dev/null; then
    say "$store" "not there"
  elif said=$(nss "$store" -D -n "$name"); then
    say "$store" "removed $name"
  else
    failed "$store" "could not remove $name${said:+: $said}"
  fi
}

browser_stores() {
  local store
  if [[ $action == trust && ! -e $HOME/.pki/nssdb/cert9.db ]]; then
    # Where Chromium looks; it makes the folder only when it is given a certificate.
    (umask 077 && mkdir -p -- "$HOME/.pki/nssdb")
    nss "$HOME/.pki/nssdb" -N --empty-password >/dev/null || true
  fi
  for store in "$HOME"/{,snap/*/current/,.var/app/*/}.pki/nssdb \
    "$HOME"/{,snap/*/common/,.var/app/*/}.mozilla/firefox/*; do
    [[ ! -e $store/cert9.db ]] || browser_store "$store"
  done
}

[[ $action == trust || $action == untrust ]] || fail "usage: trust.sh trust|untrust [FOLDER]"
# By sudo, it would serve root's browsers and make keys that only root can read.
[[ ${SUDO_USER:-root} == root ]] ||
  fail "call it as $SUDO_USER, without sudo: it asks for what needs root by itself"
[[ -d ${HOME-} ]] || fail "HOME is not the name of a folder; browsers keep their stores there"
for tool in openssl certutil; do
  command -v "$tool" >/dev/null || fail "no $tool here (Debian: openssl, libnss3-tools)"
done
[[ $action == untrust ]] || "$scripts/make-dev-certs.sh" "$folder" >&2
[[ -r $ca ]] || fail "no $ca, whose fingerprint names what is to be removed"
fingerprint=$(openssl x509 -in "$ca" -noout -fingerprint -sha256) || fail "$ca is no certificate"
fingerprint=${fingerprint#*=}
fingerprint=${fingerprint//:/}
name=boardcast-${fingerprint:0:16}
readonly name=${name,,}
system_store
browser_stores
((failures == 0)) || exit 1
