/**
 * What the quickstart does inside a guest: the change that is captured, and the questions that show
 * a copy to be alike and yet itself. Plain shell for both kinds of guests; they differ in how a
 * service is made to start at boot.
 */
import type { ProviderImageName } from '../../api/imago.ts';

export interface DemoGuest {
  /** Filter on the name of the provider image. */
  imageName: string;
  instanceType: string;
  /** Generous: four guests under emulation share the processors. */
  sshTimeoutMs: number;
  /** Shell that makes /usr/local/bin/greet run at boot, with its output in /run/greeting. */
  installService: string;
}

const debian: Omit<DemoGuest, 'imageName'> = {
  instanceType: 't3.micro',
  sshTimeoutMs: 600_000,
  installService: [
    'sudo tee /etc/systemd/system/greeting.service >/dev/null <<"END"',
    '[Unit]',
    'After=cloud-init.service',
    '[Service]',
    'Type=oneshot',
    'ExecStart=/bin/sh -c "/usr/local/bin/greet >/run/greeting"',
    '[Install]',
    'WantedBy=multi-user.target',
    'END',
    'sudo systemctl enable --quiet greeting.service',
  ].join('\n'),
};

export const demoGuests: Record<ProviderImageName, DemoGuest> = {
  micro: {
    imageName: 'imago-micro-*',
    instanceType: 't3.nano',
    sshTimeoutMs: 180_000,
    installService: [
      'sudo tee /etc/init.d/S90greeting >/dev/null <<"END"',
      '#!/bin/sh',
      '/usr/local/bin/greet >/run/greeting',
      'END',
      'sudo chmod 755 /etc/init.d/S90greeting',
    ].join('\n'),
  },
  'debian-12': { imageName: 'debian-12-amd64-*', ...debian },
  'debian-13': { imageName: 'debian-13-amd64-*', ...debian },
};

/** A program, its configuration and a service that runs it at boot. */
export function changeScript(guest: DemoGuest): string {
  return [
    'set -e',
    'sudo mkdir -p /usr/local/bin',
    'sudo tee /usr/local/bin/greet >/dev/null <<"END"',
    '#!/bin/sh',
    '. /etc/greeting.conf',
    'echo "$GREETING from $(hostname)"',
    'END',
    'sudo chmod 755 /usr/local/bin/greet',
    'echo \'GREETING="Hello"\' | sudo tee /etc/greeting.conf >/dev/null',
    guest.installService,
    'greet 2>/dev/null || /usr/local/bin/greet',
  ].join('\n');
}

export interface Inspection {
  /** What the service wrote at boot. */
  greeting: string;
  /** As the metadata service tells it to the guest. */
  instanceId: string;
  hostName: string;
  machineId: string;
}

/**
 * The greeting may be written a little after SSH answers; the original, which has not booted since,
 * has none.
 */
export function inspectionScript(greets: boolean): string {
  return [
    ...(greets
      ? ['n=0', 'until [ -s /run/greeting ] || [ $n -ge 60 ]; do sleep 1; n=$((n+1)); done']
      : []),
    'echo "$(cat /run/greeting 2>/dev/null)"',
    'imds=http://169.254.169.254/latest',
    // busybox cannot PUT, so micro brings a program of its own for the token.
    'if command -v curl >/dev/null; then',
    '  token=$(curl -sf -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" $imds/api/token)',
    '  id=$(curl -sf -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/instance-id)',
    'else id=$(sudo sh -c "/usr/lib/imago/imds token && /usr/lib/imago/imds meta-data/instance-id")',
    'fi',
    'echo "$id"',
    'hostname',
    'cat /etc/machine-id',
  ].join('\n');
}

export function parseInspection(answer: string): Inspection {
  const [greeting = '', instanceId = '', hostName = '', machineId = ''] = answer.split('\n');
  return { greeting, instanceId, hostName, machineId };
}
