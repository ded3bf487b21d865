/** Some days of policies with faults, over a real catalog; 10,000 of them are policy-story.soak.ts's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tellPolicyStory } from './test-policy-story.ts';

test('policies lose nothing that is kept and leave nothing else, whatever fails', async () => {
  const { made, removed, killed, forgotten } = await tellPolicyStory(1, 12);
  assert.ok(made > 50 && removed > 10 && killed > 5, JSON.stringify({ made, removed, killed }));
  assert.ok(forgotten > 3, `${forgotten} were forgotten`);
});
