/** As full-disk.test.ts, for an hour. */
import { tellStories } from './full-disk-stories.ts';

tellStories(200);
