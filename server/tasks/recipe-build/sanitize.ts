/**
 * What of a machine must not be in an image of it: keys and passwords that were there to build it,
 * its identity, histories, logs, caches and what the first boot has left. What it does is what AWS's
 * own script does, and what contents/checks.ts looks for. A part that a system does not have is
 * passed over; a file that the components want to keep they name in /tmp/skip_cleanup_…, as there.
 *
 * The system still runs then, and writes when it shuts down: daemons their last words, systemd the
 * end of the boot to wtmp and a seed of random numbers. Two things keep that out of the image. A log
 * is not emptied but replaced by an empty one, so that who has it open writes to a file that is of
 * no folder any more; systemd's journal, which would begin another, is told to stay in /run. And
 * over the folders that a shutdown writes to lie copies of them in /run, so that what is opened there
 * by its path is memory.
 *
 * Files are emptied by `truncate`: in a folder for a group, as PostgreSQL's logs are in, not even
 * root may open another's file in a way that would create it (fs.protected_regular), which `>` does.
 */

/** One file of a component's making keeps a part: AWS's names. */
const skips = {
  cloudinit: 'skip_cleanup_cloudinit_files',
  instance: 'skip_cleanup_instance_files',
  ssh: 'skip_cleanup_ssh_files',
  ssm: 'skip_cleanup_ssm_log_files',
} as const;

const skipFolder = '$PWD';

/** What a shutdown writes to. */
const covered = [
  '/var/log',
  '/var/lib/systemd',
  '/var/lib/urandom',
  '/var/lib/seedrng',
  '/var/lib/dhcp',
  '/var/lib/dhclient',
  '/var/lib/dhcpcd',
  '/var/lib/NetworkManager',
  '/tmp',
  '/var/tmp',
];

export const sanitizeScript = `
keeps() { [ -e "/tmp/$1" ] || [ -e "${skipFolder}/$1" ]; }
homes() { cut -d : -f 6 /etc/passwd | grep '^/.' | sort -u; ls -d /home/*/ 2> /dev/null; echo /root; }
empty() { for file; do [ ! -f "$file" ] || [ -L "$file" ] || truncate -c -s 0 "$file"; done; }

if ! keeps ${skips.ssh}; then
  rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub /etc/dropbear/dropbear_*_host_key*
  homes | while IFS= read -r home; do
    rm -f "$home"/.ssh/authorized_keys "$home"/.ssh/authorized_keys2 "$home"/.ssh/known_hosts
    for key in "$home"/.ssh/id_*; do
      [ -L "$key" ] || case $key in *'*') ;; *) rm -f "$key" ;; esac
    done
  done
fi

homes | while IFS= read -r home; do
  for file in "$home"/.*_history "$home"/.history "$home"/.viminfo "$home"/.lesshst \\
    "$home"/.wget-hsts "$home"/.sudo_as_admin_successful "$home"/.aws/credentials; do
    [ -L "$file" ] || rm -f "$file"
  done
  [ "$home" = / ] || rm -rf "$home"/.cache/pip "$home"/.cache/motd.legal-displayed
done

if ! keeps ${skips.instance}; then
  if [ -e /etc/machine-id ]; then : > /etc/machine-id; fi
  [ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
  rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
  rm -f /var/lib/urandom/random-seed /var/lib/random-seed /var/lib/seedrng/seed.*
  rm -f /var/lib/imago/machine-uuid /var/lib/imago/instance-id
  rm -f /var/lib/imago/user-data /var/lib/imago/user-data-script
  rm -f /var/lib/dhcp/*.leases /var/lib/dhclient/*.leases /var/lib/NetworkManager/*.lease
  rm -f /var/lib/dhcpcd/*.lease /var/lib/dhcpcd/*.lease6
  rm -f /etc/udev/rules.d/[0-9][0-9]-persistent-net.rules
fi
rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-

if ! keeps ${skips.cloudinit}; then
  rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/data /var/lib/cloud/sem
  rm -f /run/cloud-init/.instance-id /etc/sudoers.d/90-cloud-init-users
  rm -f /var/log/cloud-init.log /var/log/cloud-init-output.log
fi

if command -v apt-get > /dev/null; then apt-get clean; fi
rm -f /var/lib/apt/lists/*_* /var/cache/debconf/*-old /var/lib/dpkg/*-old
rm -rf /var/cache/dnf/* /var/cache/yum/* /var/cache/apk/*

empty /var/mail/* /var/spool/mail/*
find /tmp /var/tmp -xdev -mindepth 1 -delete 2> /dev/null

rm -rf /var/lib/amazon/ssm/*
if command -v journalctl > /dev/null; then journalctl --relinquish-var 2> /dev/null; fi
rm -rf /var/log/journal/*
find /var/log -type f \\( -name '*.gz' -o -name '*.[0-9]' -o -name '*.old' \\) -exec rm -f {} +
find /var/log -type f -exec sh -c 'for file; do
  truncate -c -s 0 "$file" && cp -a "$file" "$file.new" && truncate -c -s 0 "$file.new" &&
    mv -f "$file.new" "$file"
done' sh {} +

for folder in ${covered.join(' ')}; do
  [ -d "$folder" ] && [ ! -L "$folder" ] || continue
  copy=/run/imago-covers$folder
  mkdir -p "$copy" && cp -a "$folder/." "$copy" && mount -o bind "$copy" "$folder" || exit 1
done
sync
exit 0
`;
