import type {
  DescribeLaunchTemplateVersionsRequest,
  DescribeLaunchTemplateVersionsResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type {
  LaunchTemplateRow,
  LaunchTemplateVersionRow,
} from '../../../catalog/rows/launch-template.ts';
import { rowFilter } from '../../../domain/filters.ts';
import {
  launchTemplatePageBounds,
  namesOf,
  requiredLaunchTemplate,
  requiredTemplateVersion,
  versionNumber,
} from '../../../domain/launch-templates.ts';
import { pageOf, pageOfStream } from '../../../domain/pages.ts';
import type { Owner } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { launchTemplateVersionShape, resolvedVersion } from '../../shapes/launch-templates.ts';
import { type TemplateVersion, templateVersionFilters } from './template-version-filters.ts';

const action = 'DescribeLaunchTemplateVersions';

export const describeLaunchTemplateVersions: Operation<
  DescribeLaunchTemplateVersionsRequest,
  DescribeLaunchTemplateVersionsResult
> = {
  accepts: [
    'LaunchTemplateId',
    'LaunchTemplateName',
    'Versions',
    'MinVersion',
    'MaxVersion',
    'Filters',
    'MaxResults',
    'NextToken',
    'ResolveAlias',
  ],
  fixed: { IncludeManagedResources: [false, true] },
  inPages: { list: 'LaunchTemplateVersions', rows: launchTemplatePageBounds.max },
  async run(input, { catalog, caller, clock }) {
    const filter = rowFilter(input.Filters, templateVersionFilters);
    const page = pageOf(input, { ...caller, action }, launchTemplatePageBounds);
    const { ids, names } = namesOf(input);
    const isOfOne = ids.length + names.length > 0;
    if (!isOfOne) checkOfAll(input);
    const { shown, nextToken } = await catalog.read(async (reader) => {
      const versions = isOfOne
        ? await versionsOfOne(reader, caller, input, page.after)
        : versionsOfAll(reader, caller, input.Versions ?? [], page.after);
      const found = await pageOfStream(versions, page, (each) =>
        filter.matches(each) ? launchTemplateVersionShape(each.row, each.template) : undefined,
      );
      if (!input.ResolveAlias) return found;
      const resolved = found.shown.map((each) =>
        resolvedVersion(reader, caller, each, clock.now()),
      );
      return { ...found, shown: await Promise.all(resolved) };
    });
    return { LaunchTemplateVersions: shown, NextToken: nextToken };
  },
};

/** Of all templates at once EC2 tells the latest versions, the default ones, or both. */
function checkOfAll({ Versions, MinVersion, MaxVersion }: DescribeLaunchTemplateVersionsRequest) {
  if (!Versions?.length) {
    throw new ServiceError(
      'MissingParameter',
      'The request must contain LaunchTemplateId or LaunchTemplateName, or Versions with $Latest or $Default.',
    );
  }
  const isOther = Versions.some((version) => version !== '$Latest' && version !== '$Default');
  if (!isOther && !MinVersion && !MaxVersion) return;
  throw new ServiceError(
    'InvalidParameterCombination',
    'Of all launch templates only $Latest and $Default can be described.',
  );
}

/** What is refused is refused before the first version is told. */
async function versionsOfOne(
  reader: CatalogReader,
  caller: Owner,
  input: DescribeLaunchTemplateVersionsRequest,
  after: string | undefined,
): Promise<AsyncIterable<TemplateVersion>> {
  const template = await requiredLaunchTemplate(reader, caller, input);
  const { Versions: versions = [], MinVersion: min, MaxVersion: max } = input;
  const least = min ? versionNumber(template, min) : 1;
  const most = max ? versionNumber(template, max) : Number.POSITIVE_INFINITY;
  const { launchTemplateVersions: table } = reader;
  const rows = versions.length
    ? await namedVersions(reader, template, versions, after)
    : table.scan({ where: { templateId: template.id }, after });
  return (async function* () {
    for await (const row of rows) {
      if (row.number >= least && row.number <= most) yield { id: row.id, row, template };
    }
  })();
}

/** Each once, newest first. */
async function namedVersions(
  reader: CatalogReader,
  template: LaunchTemplateRow,
  versions: readonly string[],
  after = '',
): Promise<LaunchTemplateVersionRow[]> {
  const numbers = new Set(versions.map((version) => versionNumber(template, version)));
  const rows: LaunchTemplateVersionRow[] = [];
  for (const number of [...numbers].sort((one, other) => other - one)) {
    const row = await requiredTemplateVersion(reader, template, String(number));
    if (row.id > after) rows.push(row);
  }
  return rows;
}

/** Template by template in order of their ids, from where the page begins. */
async function* versionsOfAll(
  reader: CatalogReader,
  { account, region }: Owner,
  versions: readonly string[],
  after: string | undefined,
): AsyncGenerator<TemplateVersion> {
  const [begun] = after?.split('/') ?? [];
  const first = begun === undefined ? undefined : await reader.launchTemplates.get(begun);
  if (first) yield* wanted(reader, first, versions, after);
  const templates = reader.launchTemplates.scan({ where: { account, region }, after: begun });
  for await (const template of templates) yield* wanted(reader, template, versions);
}

async function* wanted(
  reader: CatalogReader,
  template: LaunchTemplateRow,
  versions: readonly string[],
  after?: string,
): AsyncGenerator<TemplateVersion> {
  for (const row of await namedVersions(reader, template, versions, after)) {
    yield { id: row.id, row, template };
  }
}
