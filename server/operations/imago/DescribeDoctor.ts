import type { DescribeDoctorResult } from '../../../api/imago-health.ts';
import type { Operation } from '../operation.ts';

export const describeDoctor: Operation<Record<string, never>, DescribeDoctorResult> = {
  accepts: [],
  audience: 'operator',
  async run(_input, { examine }) {
    const findings = await examine();
    return {
      Findings: findings.map(({ name, state, detail, advice }) => ({
        Name: name,
        State: state,
        Detail: detail,
        Advice: advice,
      })),
    };
  },
};
