import { soakStory } from '../../tools/soak-story.ts';
import { capturesStory } from './test-captures-story.ts';

soakStory(capturesStory);
