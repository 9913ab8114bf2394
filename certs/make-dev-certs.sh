#!/usr/bin/env bash
# Makes the certificates of a development machine: a local CA (ca.crt, ca.key) and a leaf for
# localhost, *.localhost, 127.0.0.1 and ::1 (dev.crt, dev.key).
#
# Usage: make-dev-certs.sh [FOLDER]      (default: the folder of this script)
#
# Calling it again changes nothing, except that a leaf or a CA which ends within 7 days, or no
# longer fits its key or its CA, is made anew. The CA can vouch for the loopback names alone (name
# constraints) and for no further CA, so trusting it on a machine gives away nothing else. Keys are
# readable by their owner only and are never committed.
set -euo pipefail

folder=${1:-$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")}
readonly margin=$((7 * 24 * 3600)) # seconds before the end at which a certificate is renewed
readonly ca_days=3650
readonly leaf_days=396 # browsers refuse leaves that live longer than 398 days

umask 077
mkdir -p -- "$folder"
exec 9>>"$folder/.lock"
flock 9
work=$(mktemp -d "$folder/.new.XXXXXX")
trap 'rm -rf -- "$work"' EXIT

# fresh NAME: the pair exists, belongs together and lives on for a while.
fresh() {
  [[ -r $folder/$1.crt && -r $folder/$1.key ]] || return 1
  openssl x509 -in "$folder/$1.crt" -noout -checkend "$margin" >/dev/null 2>&1 || return 1
  [[ $(openssl x509 -in "$folder/$1.crt" -noout -pubkey 2>/dev/null) == \
    $(openssl pkey -in "$folder/$1.key" -pubout 2>/dev/null) ]]
}

# publish NAME: the key first, so that a certificate never stands there without its key.
publish() {
  chmod 0600 "$work/$1.key"
  chmod 0644 "$work/$1.crt"
  mv -f -- "$work/$1.key" "$folder/$1.key"
  mv -f -- "$work/$1.crt" "$folder/$1.crt"
  echo "made $folder/$1.crt ($(openssl x509 -in "$folder/$1.crt" -noout -enddate))"
}

make_ca() {
  cat >"$work/ca.cnf" <<'CNF'
[req]
distinguished_name = name
prompt = no
x509_extensions = extensions
[name]
O = Boardcast development
CN = Boardcast development CA
[extensions]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, @permitted
[permitted]
permitted;DNS.1 = localhost
permitted;IP.1 = 127.0.0.0/255.0.0.0
permitted;IP.2 = 0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
CNF
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/ca.key"
  openssl req -x509 -new -sha256 -days "$ca_days" -config "$work/ca.cnf" \
    -key "$work/ca.key" -out "$work/ca.crt"
  publish ca
}

make_leaf() {
  cat >"$work/dev.cnf" <<'CNF'
[req]
distinguished_name = name
prompt = no
[name]
O = Boardcast development
CN = localhost
[extensions]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, DNS:*.localhost, IP:127.0.0.1, IP:::1
CNF
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/dev.key"
  openssl req -new -sha256 -config "$work/dev.cnf" -key "$work/dev.key" -out "$work/dev.csr"
  openssl x509 -req -sha256 -days "$leaf_days" -in "$work/dev.csr" -out "$work/dev.crt" \
    -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
    -extfile "$work/dev.cnf" -extensions extensions 2>"$work/log" || {
    cat "$work/log" >&2
    return 1
  }
  publish dev
}

fresh ca || make_ca
if ! fresh dev || ! openssl verify -CAfile "$folder/ca.crt" "$folder/dev.crt" >/dev/null 2>&1; then
  make_leaf
fi
