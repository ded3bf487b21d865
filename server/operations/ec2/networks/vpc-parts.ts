/**
 * What a default VPC has from its beginning and keeps as it is: its route table, internet gateway,
 * network ACL and DHCP options. They are no rows but follow from the VPC's, and so do their ids;
 * they can be read and not changed.
 */
import { ServiceError } from '../../../../api/service-error.ts';
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type { SubnetRow, VpcRow } from '../../../catalog/rows/network.ts';
import { type Filter, type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, type PageInput, pageOf, usualPageBounds } from '../../../domain/pages.ts';
import { isOwn } from '../../../domain/viewer.ts';
import type { OperationContext } from '../../operation.ts';

export interface VpcPart {
  id: string;
  vpc: VpcRow;
  subnets: SubnetRow[];
}

export interface PartNoun {
  action: string;
  /** Of its ids. */
  prefix: string;
  noun: string;
  malformed: string;
  notFound: string;
  filters: FilterTable<VpcPart>;
}

/** Of the VPC, or of one of its subnets. */
export function partId(prefix: string, { id }: { id: string }): string {
  return `${prefix}-${id.slice(id.indexOf('-') + 1)}`;
}

export async function describeParts(
  input: PageInput & { Filters?: Filter[] },
  ids: readonly string[] = [],
  { catalog, caller }: OperationContext,
  noun: PartNoun,
): Promise<{ rows: VpcPart[]; nextToken?: string }> {
  const { account, region } = caller;
  const page = pageOf(input, { ...caller, action: noun.action }, usualPageBounds, ids);
  const { matches } = rowFilter(input.Filters, { ...noun.filters, tags: () => ({}) });
  const parts = await catalog.read(async (reader) => {
    const wanted = ids.length > 0 ? ids.map((id) => vpcIdOf(id, noun)) : undefined;
    const vpcs = await reader.vpcs.list({ where: { account, region, id: wanted } });
    const found = vpcs.filter((vpc) => isOwn(caller, vpc));
    const missing = ids.find((id) => !found.some((vpc) => partId(noun.prefix, vpc) === id));
    if (missing !== undefined) {
      const message = `The ${noun.noun} ID '${missing}' does not exist`;
      throw new ServiceError(noun.notFound, message);
    }
    return Promise.all(found.map((vpc) => readPart(reader, vpc, noun)));
  });
  return cutPage(parts.filter(matches), page);
}

async function readPart(reader: CatalogReader, vpc: VpcRow, { prefix }: PartNoun) {
  const { account, region, id: vpcId } = vpc;
  const subnets = await reader.subnets.list({ where: { account, region, vpcId } });
  return { id: partId(prefix, vpc), vpc, subnets };
}

function vpcIdOf(id: string, { prefix, malformed }: PartNoun): string {
  const digits = new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`).exec(id)?.[1];
  if (digits !== undefined) return `vpc-${digits}`;
  throw new ServiceError(malformed, `Invalid id: "${id}" (expecting "${prefix}-...")`);
}
