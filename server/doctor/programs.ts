/**
 * What Imago needs of the machine's programs and of its kernel, each with what to do where it
 * lacks: found out by doing (QEMU boots a boot sector), which changes nothing.
 */
import { existsSync } from 'node:fs';
import type { Finding } from '../foundations/finding.ts';
import { guestsHaveIdentities, type UnprivilegedIdentity } from '../foundations/unprivileged.ts';
import { weighsSessions } from '../hypervisor/qemu/cpu-share.ts';
import { probeQemu } from '../hypervisor/qemu/probe.ts';
import { hasTpm } from '../hypervisor/qemu/tpm.ts';
import { missingPackages } from '../provider-images/build-tools.ts';

/** `guest` is the user that guests run as, where that is another. */
export async function checkPrograms(guest?: UnprivilegedIdentity): Promise<Finding[]> {
  return [
    ...(await checkQemu(guest)),
    checkIdentities(guest),
    checkCredits(),
    checkTpm(),
    await checkImageTools(),
  ];
}

async function checkQemu(identity?: UnprivilegedIdentity): Promise<Finding[]> {
  try {
    const facts = await probeQemu({ binary: 'qemu-system-x86_64', identity });
    const qemu: Finding = {
      name: 'QEMU',
      state: 'good',
      detail: `${facts.version}, machine type ${facts.machineType}, CPU ${facts.cpuModel}`,
    };
    return [qemu, checkKvm(facts.kvmProblem)];
  } catch (error) {
    return [
      {
        name: 'QEMU',
        state: 'problem',
        detail: (error as Error).message,
        advice: 'Install it: npm run setup. Without it: imago serve --hypervisor simulated',
      },
    ];
  }
}

function checkKvm(problem: string | undefined): Finding {
  if (problem === undefined) return { name: 'KVM', state: 'good', detail: 'runs guests' };
  return {
    name: 'KVM',
    state: 'warning',
    detail: `not usable (${problem}); guests are emulated (TCG), some ten times slower`,
    advice: existsSync('/dev/kvm')
      ? 'May this user open /dev/kvm (group kvm)? Does this host run in a virtual machine itself?'
      : 'Turn on hardware virtualisation in the firmware, or nested virtualisation on the host.',
  };
}

/** QEMU has just been tried as this one. */
function checkIdentities(guest?: UnprivilegedIdentity): Finding {
  const name = 'identities';
  if (!guest) {
    return {
      name,
      state: 'warning',
      detail: `all guests run as you (user ${process.getuid?.()}): one that breaks out of QEMU can do what you can`,
      advice: 'Where guests are not trusted serve as root: then each is a user of its own.',
    };
  }
  if (guestsHaveIdentities()) {
    const detail = `each guest is an unprivileged user of its own, from ${guest.uid} on`;
    return { name, state: 'good', detail };
  }
  return {
    name,
    state: 'warning',
    detail: `all guests run as the same unprivileged user (${guest.uid}): one that breaks out of QEMU reaches the others`,
    advice: 'This user namespace lacks the ids for more: map them, or serve outside of it.',
  };
}

/** How guests with standard credits yield, and whether that can be undone while they run. */
function checkCredits(): Finding {
  const name = 'CPU credits';
  const given = weighsSessions() || process.getuid?.() === 0;
  const detail = 'guests with standard credits yield to the others (nice 5)';
  if (given) return { name, state: 'good', detail };
  return {
    name,
    state: 'warning',
    detail: `${detail}; those that become unlimited have their full share from their next start on`,
    advice: 'Serve as root, or turn on the kernel.sched_autogroup_enabled of Linux.',
  };
}

function checkTpm(): Finding {
  const name = 'TPM';
  if (hasTpm()) return { name, state: 'good', detail: 'swtpm is there for images with TpmSupport' };
  return {
    name,
    state: 'warning',
    detail: 'swtpm is missing: images with TpmSupport are not launched',
    advice: 'Install it: npm run setup.',
  };
}

async function checkImageTools(): Promise<Finding> {
  const missing = await missingPackages();
  const name = 'image tools';
  if (missing.length === 0) return { name, state: 'good', detail: 'all are installed' };
  return {
    name,
    state: 'problem',
    detail: `missing: ${missing.join(' ')}`,
    advice: 'Needed to build images only. Install them: npm run setup',
  };
}
