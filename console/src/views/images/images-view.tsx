/** Images: the list, or one of them (`#/images/ami-…`), which is loaded when it is opened. */
import type { Route } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { ImagesList } from './images-list.tsx';

const ImageView = later(() => import('./image-view.tsx'), 'ImageView');

export function ImagesView({ route }: { route: Route }) {
  return route.path.length > 1 ? <ImageView route={route} /> : <ImagesList route={route} />;
}
