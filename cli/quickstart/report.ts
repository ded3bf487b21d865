/**
 * What the quickstart shows at its end: the copies, the figures of the capture, what to try next.
 */
import { formatBytes } from '../../server/foundations/sizes.ts';
import { formatDuration, type Output } from '../output.ts';
import type { Inspection } from './demo-guest.ts';

export interface Machine extends Inspection {
  address: string;
  sshPort: number;
  /** Fingerprint, as ssh shows it. */
  hostKey: string;
  /** From the call of RunInstances to the first command over SSH. */
  launchMs: number;
}

export interface Report {
  providerImage: { id: string; name: string };
  image: { id: string; name: string };
  snapshotId: string;
  captureMs: number;
  guestPauseMs: number;
  storedBytes: number;
  sharedBytes: number;
  source: Machine;
  copies: Machine[];
  accelerator: string;
}

/** Of an Imago that is kept. */
export interface Place {
  home: string;
  /** Address of its console. */
  console: string;
  /** Signs in there, once and within a minute. */
  link: string;
}

export function showReport(output: Output, report: Report): void {
  output.line();
  output.line(output.style('bold', 'Three copies, all alike, each its own:'));
  output.line();
  const short = (text: string) => `${text.slice(0, 12)}…`;
  output.table(
    [
      'INSTANCE',
      'ADDRESS',
      'HOST NAME',
      'MACHINE-ID',
      'SSH HOST KEY',
      'SERVICE AT BOOT SAID',
      'SSH AFTER',
    ],
    [report.source, ...report.copies].map((machine, index) => [
      machine.instanceId,
      machine.address,
      machine.hostName,
      short(machine.machineId),
      short(machine.hostKey.replace('SHA256:', '')),
      index === 0 ? '(the original)' : machine.greeting,
      formatDuration(machine.launchMs),
    ]),
  );
  output.line();
  output.line(output.style('bold', 'Captured while it ran:'));
  output.line();
  output.table(
    ['IMAGE', 'SNAPSHOT', 'BYTES STORED', 'BYTES SHARED', 'GUEST PAUSED', 'CAPTURE TOOK'],
    [
      [
        report.image.id,
        report.snapshotId,
        formatBytes(report.storedBytes),
        formatBytes(report.sharedBytes),
        `${report.guestPauseMs} ms`,
        formatDuration(report.captureMs),
      ],
    ],
  );
}

export function showNextSteps(
  output: Output,
  kept: (Place & { report: Report }) | undefined,
): void {
  output.line();
  output.line(output.style('bold', 'Try next:'));
  if (!kept) {
    output.line(
      '  npm run quickstart -- --keep           the same, and it stays for you to look at',
    );
    output.line(
      '  bin/imago serve                        run Imago for yourself, then in another shell:',
    );
    output.line('  eval "$(bin/imago env)"                lead aws-cli, SDKs and Terraform to it');
    output.line('  bin/imago open                         its console, in a browser');
    output.line('  bin/imago images build debian-12       an image with systemd and cloud-init');
    return;
  }
  const flag = `--home ${kept.home}`;
  const copy = kept.report.copies[0];
  output.line('Its console, in a browser. This link signs in once, within a minute:');
  output.line(`  ${kept.link}`);
  output.line('and so do, whenever you like:');
  output.line(`  bin/imago open ${flag}`);
  output.line(`  bin/imago ssh ${copy?.instanceId} ${flag}`);
  output.line(`  bin/imago instances list ${flag}`);
  output.line(`  eval "$(bin/imago env ${flag})" && aws ec2 describe-images --owners self`);
  output.line('When you are done, this ends all of it:');
  output.line(`  bin/imago quickstart --remove ${kept.home}`);
}
