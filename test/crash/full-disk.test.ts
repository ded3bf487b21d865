/**
 * The disk of the home becomes full at a random moment, and is emptied through the API: as root and
 * as an ordinary user. `IMAGO_SEED` tells a story again.
 */
import { tellStories } from './full-disk-stories.ts';

tellStories(2);
