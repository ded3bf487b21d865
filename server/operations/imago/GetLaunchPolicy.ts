import type { LaunchPolicyRequest, LaunchPolicyResult } from '../../../api/imago-provenance.ts';
import { settingsOf } from '../../domain/account-settings.ts';
import type { Operation } from '../operation.ts';

export const getLaunchPolicy: Operation<LaunchPolicyRequest, LaunchPolicyResult> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    const settings = await catalog.read((reader) => settingsOf(reader, caller));
    return { SignedBy: settings.launchSigners ?? [] };
  },
};
