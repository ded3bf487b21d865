import assert from 'node:assert/strict';
import { test } from 'node:test';
import { criterionOf, emptyCriterion, formOf } from './criteria.ts';

/** As it is sent: members that are undefined are not. */
const sent = (value: unknown) => JSON.parse(JSON.stringify(value));

test('a criterion is the same after it was a form', () => {
  const criterion = {
    ImageProviders: ['amazon', '111111111111'],
    ImageNames: ['debian-*'],
    MarketplaceProductCodes: ['abcdefghijklmnopqrstuvwxy'],
    CreationDateCondition: { MaximumDaysSinceCreated: 300 },
    DeprecationTimeCondition: { MaximumDaysSinceDeprecated: 0 },
    ImageWatermarks: [{ Name: 'gold' }],
  };
  assert.deepEqual(sent(criterionOf(formOf(criterion as never))), criterion);
});

test('empty lines and fields are left out, and what is no JSON is told', () => {
  assert.deepEqual(sent(criterionOf({ ...emptyCriterion, names: '\n a* \n\n' })), {
    ImageNames: ['a*'],
  });
  assert.throws(() => criterionOf({ ...emptyCriterion, others: '{' }), SyntaxError);
});
