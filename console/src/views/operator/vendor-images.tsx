/** The catalogue of vendors' cloud images, and how one of them becomes the provider's. */
import { useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { List } from '../../parts/list.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { TaskOf } from '../../parts/task-of.tsx';
import { vendorText as text } from '../../text/operator.ts';
import { PullDialog } from './pull-dialog.tsx';

type Vendor = Output<'imago', 'ListVendorImages'>['Images'][number];

const tones: Record<string, Tone> = { ready: 'good', missing: 'bad', unsigned: 'bad' };

export function VendorImages() {
  const [begun, setBegun] = useState<{ id: string; name: string }>();
  const found = useAction('imago', 'ListVendorImages', {}, { tables: [] });
  const [pulled, setPulled] = useState<Vendor>();
  return (
    <>
      {begun && <TaskOf key={begun.id} id={begun.id} title={text.pulls(begun.name)} />}
      <section class="card">
        <h2>{text.title}</h2>
        <p class="hint">{text.means}</p>
        <List
          caption={text.title}
          columns={[
            { title: text.columns.name, cell: ({ Name }) => <code>{Name}</code> },
            { title: text.columns.title, cell: ({ Title }) => Title },
            { title: text.columns.user, cell: ({ User }) => <code>{User}</code> },
            {
              title: text.columns.signed,
              cell: ({ Verification, Advice }) => (
                <>
                  <Mark tone={tones[Verification]}>{text.verification[Verification]}</Mark>{' '}
                  {Advice && <small class="hint">{Advice}</small>}
                </>
              ),
            },
            {
              title: text.columns.pull,
              cell: (vendor) => (
                <ActionButton
                  because={vendor.Verification === 'unsigned' && (vendor.Advice ?? text.notReady)}
                  onClick={() => setPulled(vendor)}
                >
                  {text.pull}
                </ActionButton>
              ),
            },
          ]}
          items={found.data?.Images}
          keyOf={({ Name }) => Name}
          empty={text.empty}
          error={found.error}
          retry={found.refetch}
        />
      </section>
      {pulled && (
        <PullDialog
          name={pulled.Name}
          needsKeyring={pulled.Verification !== 'ready'}
          onBegun={(id) => setBegun({ id, name: pulled.Name })}
          onClose={() => setPulled(undefined)}
        />
      )}
    </>
  );
}
