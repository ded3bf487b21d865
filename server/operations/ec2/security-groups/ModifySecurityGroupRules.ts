import type {
  ModifySecurityGroupRulesRequest,
  ModifySecurityGroupRulesResult,
  SecurityGroupRuleRequest,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type { RulePeer, SecurityGroupRow } from '../../../catalog/rows/network.ts';
import { type NewRule, replaceRules } from '../../../domain/security-group-rules.ts';
import { requiredChangingGroup } from '../../../domain/security-groups.ts';
import type { Operation } from '../../operation.ts';
import { trafficOf } from '../../requests/rule-traffic.ts';
import {
  described,
  groupPeer,
  ipv4Peer,
  ipv6Peer,
  noPrefixList,
} from '../../requests/security-group-rules.ts';

/** A rule's direction stays. */
export const modifySecurityGroupRules: Operation<
  ModifySecurityGroupRulesRequest,
  ModifySecurityGroupRulesResult
> = {
  accepts: ['GroupId', 'SecurityGroupRules'],
  async run(input, { catalog, caller }) {
    const { SecurityGroupRules: updates } = input;
    if (updates.length === 0) {
      throw new ServiceError('MissingParameter', 'The request must contain at least one rule.');
    }
    await catalog.write(async (transaction) => {
      const group = await requiredChangingGroup(transaction, caller, input);
      const replaced = new Map<string, NewRule>();
      for (const { SecurityGroupRuleId: id, SecurityGroupRule: rule = {} } of updates) {
        if (replaced.has(id)) {
          throw new ServiceError('InvalidParameterValue', `The rule ${id} is named twice.`);
        }
        const peer = await peerOf(transaction, group, rule);
        replaced.set(id, { ...trafficOf(rule), peer, ...described(rule.Description) });
      }
      await replaceRules(transaction, group, replaced);
    });
    return { Return: true };
  },
};

async function peerOf(
  reader: CatalogReader,
  group: SecurityGroupRow,
  rule: SecurityGroupRuleRequest,
): Promise<RulePeer> {
  const { CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupId } = rule;
  const given = [CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupId];
  if (given.filter((each) => each !== undefined).length !== 1) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'A rule has one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId.',
    );
  }
  if (PrefixListId !== undefined) throw noPrefixList(PrefixListId);
  if (CidrIpv4 !== undefined) return ipv4Peer(CidrIpv4);
  if (CidrIpv6 !== undefined) return ipv6Peer(CidrIpv6);
  return groupPeer(reader, group, { GroupId: ReferencedGroupId });
}
