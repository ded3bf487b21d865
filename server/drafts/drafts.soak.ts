import { soakStory } from '../../tools/soak-story.ts';
import { draftsStory } from './test-drafts-story.ts';

soakStory(draftsStory);
