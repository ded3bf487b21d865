import type { LaunchPolicyResult, PutLaunchPolicyRequest } from '../../../api/imago-provenance.ts';
import { changeSettings } from '../../domain/account-settings.ts';
import { checkedSigners } from '../../domain/provenance/launch-policy.ts';
import type { Operation } from '../operation.ts';

export const putLaunchPolicy: Operation<PutLaunchPolicyRequest, LaunchPolicyResult> = {
  accepts: ['SignedBy'],
  async run(input, { catalog, caller }) {
    const launchSigners = checkedSigners(input.SignedBy);
    await catalog.write((transaction) => changeSettings(transaction, caller, { launchSigners }));
    return { SignedBy: launchSigners };
  },
};
