/** Keys of kms and what is encrypted by default, or one key (`#/keys/…`). */
import type { Route } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { encryptionText as text } from '../../text/keys.ts';
import { EncryptionDefaults } from './encryption-defaults.tsx';
import { KeysList } from './keys-list.tsx';

const KeyView = later(() => import('./key-view.tsx'), 'KeyView');

export function KeysView({ route }: { route: Route }) {
  if (route.path.length > 1) return <KeyView route={route} />;
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <KeysList />
      <EncryptionDefaults />
    </>
  );
}
