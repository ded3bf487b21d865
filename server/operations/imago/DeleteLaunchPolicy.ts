import type { LaunchPolicyRequest, LaunchPolicyResult } from '../../../api/imago-provenance.ts';
import { changeSettings } from '../../domain/account-settings.ts';
import type { Operation } from '../operation.ts';

export const deleteLaunchPolicy: Operation<LaunchPolicyRequest, LaunchPolicyResult> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    const nobody = { launchSigners: undefined };
    await catalog.write((transaction) => changeSettings(transaction, caller, nobody));
    return { SignedBy: [] };
  },
};
