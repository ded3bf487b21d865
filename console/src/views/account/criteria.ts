/**
 * Criteria of allowed images as a form has them, a line a value, and back. What the form has no
 * field for goes along as it is.
 */
import type { Input, Output } from '../../api/wire.ts';

export type Criterion = NonNullable<
  Output<'ec2', 'GetAllowedImagesSettings'>['ImageCriteria']
>[number];
export type Wanted = NonNullable<
  Input<'ec2', 'ReplaceImageCriteriaInAllowedImagesSettings'>['ImageCriteria']
>;

export interface CriterionForm {
  providers: string;
  names: string;
  products: string;
  createdDays: string;
  deprecatedDays: string;
  /** JSON of the other members. */
  others: string;
}

export const emptyCriterion: CriterionForm = {
  providers: '',
  names: '',
  products: '',
  createdDays: '',
  deprecatedDays: '',
  others: '',
};

const text = (lines: readonly string[] = []) => lines.join('\n');

export function formOf(criterion: Criterion): CriterionForm {
  const { ImageProviders, ImageNames, MarketplaceProductCodes, ...rest } = criterion;
  const { CreationDateCondition: created, DeprecationTimeCondition: deprecated, ...others } = rest;
  return {
    providers: text(ImageProviders),
    names: text(ImageNames),
    products: text(MarketplaceProductCodes),
    createdDays: `${created?.MaximumDaysSinceCreated ?? ''}`,
    deprecatedDays: `${deprecated?.MaximumDaysSinceDeprecated ?? ''}`,
    others: Object.keys(others).length > 0 ? JSON.stringify(others, null, 2) : '',
  };
}

function lines(of: string): string[] | undefined {
  const all = of.split('\n').map((line) => line.trim());
  const given = all.filter((line) => line !== '');
  return given.length > 0 ? given : undefined;
}

/** Throws SyntaxError where the rest is no JSON; all else is the server's to judge. */
export function criterionOf(form: CriterionForm): Wanted[number] {
  const { providers, names, products, createdDays, deprecatedDays, others } = form;
  const rest = others.trim() === '' ? {} : JSON.parse(others);
  return {
    ...rest,
    ImageProviders: lines(providers),
    ImageNames: lines(names),
    MarketplaceProductCodes: lines(products),
    ...(createdDays !== '' && {
      CreationDateCondition: { MaximumDaysSinceCreated: Number(createdDays) },
    }),
    ...(deprecatedDays !== '' && {
      DeprecationTimeCondition: { MaximumDaysSinceDeprecated: Number(deprecatedDays) },
    }),
  };
}
