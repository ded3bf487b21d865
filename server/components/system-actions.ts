/** The action modules that fetch files from the web and update the system. */
import type { Action } from './actions.ts';

const programs: Record<string, string> = {
  md5: 'md5sum',
  sha1: 'sha1sum',
  sha256: 'sha256sum',
  sha512: 'sha512sum',
};

/** Whole under another name before it takes its own; what is there and is right stays. */
const downloadScript = `fail() { echo "$0: $1" >&2; exit 1; }
case $2 in */) file=$2\${1##*/}; file=\${file%%\\?*} ;; *) file=$2 ;; esac
if [ -e "$file" ]; then
  [ "$5" = true ] || fail "$file exists"
  if [ "$("$3" < "$file" | cut -d ' ' -f 1)" = "$4" ]; then echo "$file"; exit 0; fi
fi
mkdir -p -- "$(dirname -- "$file")" || exit 1
part=$file.imago-part
tries=0
until
  if command -v curl > /dev/null; then
    insecure=
    if [ "$6" = true ]; then insecure=-k; fi
    curl -fsSL $insecure -o "$part" -- "$1"
  else
    insecure=
    if [ "$6" = true ]; then insecure=--no-check-certificate; fi
    wget -q $insecure -O "$part" "$1"
  fi
do
  tries=$((tries + 1))
  [ "$tries" -lt 5 ] || { rm -f -- "$part"; fail "$1 could not be fetched"; }
  sleep "$tries"
done
if [ "$("$3" < "$part" | cut -d ' ' -f 1)" != "$4" ]; then
  rm -f -- "$part"
  fail "the checksum of $1 is not $4"
fi
mv -f -- "$part" "$file" && echo "$file"`;

const webDownload: Action = {
  inputs: 'each',
  // AWS's may be without; what an image is made of is to be known.
  required: ['source', 'destination', 'checksum', 'algorithm'],
  optional: ['overwrite', 'ignoreCertificateErrors'],
  values: {
    algorithm: Object.keys(programs),
    overwrite: ['true', 'false'],
    ignoreCertificateErrors: ['true', 'false'],
  },
  output: 'destination',
  work: (input) => ({
    argv: [
      ...['sh', '-c', downloadScript, 'WebDownload'],
      ...[input.text('source'), input.text('destination')],
      programs[input.text('algorithm').toLowerCase()] ?? 'false',
      input.text('checksum').toLowerCase(),
      String(input.flag('overwrite', true)),
      String(input.flag('ignoreCertificateErrors', false)),
    ],
  }),
};

/** `$1` are the packages to update (none: all), then a `--`, then those that are not. */
const updateScript = `fail() { echo "$0: $1" >&2; exit 1; }
set -f
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
include=$1
exclude=$2
if command -v apt-get > /dev/null; then
  options="-y -o Dpkg::Options::=--force-confold"
  apt-get update || exit 1
  if [ -n "$exclude" ]; then apt-mark hold $exclude > /dev/null || exit 1; fi
  if [ -n "$include" ]; then apt-get $options install --only-upgrade $include
  else apt-get $options dist-upgrade; fi
  code=$?
  if [ -n "$exclude" ]; then apt-mark unhold $exclude > /dev/null; fi
elif command -v dnf > /dev/null || command -v yum > /dev/null; then
  program=$(command -v dnf || command -v yum)
  "$program" -y upgrade $(for name in $exclude; do echo "--exclude=$name"; done) $include
  code=$?
elif command -v apk > /dev/null; then
  [ -z "$exclude" ] || fail 'apk updates without exceptions'
  apk update && apk upgrade $include
  code=$?
else
  fail 'this system has no package manager that is known'
fi
[ "$code" = 0 ] || exit 1
if [ -e /run/reboot-required ]; then exit 194; fi`;

const updateOs: Action = {
  inputs: 'one',
  required: [],
  optional: ['include', 'exclude'],
  lists: ['include', 'exclude'],
  mayReboot: true,
  work: (input) => ({
    argv: [
      ...['sh', '-c', updateScript, 'UpdateOS'],
      ...[packages(input.list('include')), packages(input.list('exclude'))],
    ],
  }),
};

/** Names of packages are words of a shell; what is none is nothing that could be one. */
function packages(names: readonly string[]): string {
  return names.map((name) => name.replaceAll(/[^\w.+:*-]/g, '')).join(' ');
}

export const systemActions = { UpdateOS: updateOs, WebDownload: webDownload };
