/** What `security.capability` of a program says, as getcap(8) writes it. */

/** Linux's, by their numbers. */
const names = [
  ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid'],
  ...['setpcap', 'linux_immutable', 'net_bind_service', 'net_broadcast', 'net_admin', 'net_raw'],
  ...['ipc_lock', 'ipc_owner', 'sys_module', 'sys_rawio', 'sys_chroot', 'sys_ptrace', 'sys_pacct'],
  ...['sys_admin', 'sys_boot', 'sys_nice', 'sys_resource', 'sys_time', 'sys_tty_config', 'mknod'],
  ...['lease', 'audit_write', 'audit_control', 'setfcap', 'mac_override', 'mac_admin', 'syslog'],
  ...['wake_alarm', 'block_suspend', 'audit_read', 'perfmon', 'bpf', 'checkpoint_restore'],
];
const effective = 0x1;

/** Undefined where it gives none; what is of no known form is told as its bytes. */
export function capabilitiesOf(attributes: ReadonlyMap<string, Buffer>): string | undefined {
  const value = attributes.get('security.capability');
  if (!value) return undefined;
  // One pair of words in the oldest form, two in those after it.
  const version = value.length >= 12 ? value.readUInt8(3) : 0;
  const words = version === 1 ? 1 : 2;
  if (version < 1 || version > 3 || value.length < 4 + 8 * words) return value.toString('hex');
  const isEffective = (value.readUInt8(0) & effective) !== 0;
  const byFlags = new Map<string, string[]>();
  for (let number = 0; number < words * 32; number++) {
    const isIn = (at: number) =>
      ((value.readUInt32LE(4 + (number >>> 5) * 8 + at) >>> (number & 31)) & 1) !== 0;
    const [permitted, inheritable] = [isIn(0), isIn(4)];
    const mark = isEffective && (permitted || inheritable) ? 'e' : '';
    const flags = `${mark}${inheritable ? 'i' : ''}${permitted ? 'p' : ''}`;
    if (flags === '') continue;
    const named = names[number];
    const name = named === undefined ? `${number}` : `cap_${named}`;
    byFlags.set(flags, [...(byFlags.get(flags) ?? []), name]);
  }
  if (byFlags.size === 0) return undefined;
  return [...byFlags].map(([flags, list]) => `${list.join()}=${flags}`).join(' ');
}
