/** Whether an image is what was signed, by whom, and how others find that out. */
import { useState } from 'preact/hooks';
import '../../styles/contents.css';
import { useAction, useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Facts } from '../../parts/facts.tsx';
import { List } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { signatureText as text } from '../../text/contents.ts';
import { actionsText } from '../../text/image.ts';
import type { PartProps } from '../images/kinds.ts';
import { visibleLine, visibleText } from './visible.ts';

type Manifest = Output<'imago', 'GetImageManifest'>;
type Verified = Output<'imago', 'VerifyImage'>;

const asking = { tables: ['images', 'imageManifests'] } as const;

export function ImageSignature({ image: { ImageId = '', State } }: PartProps) {
  const [isAsked, setIsAsked] = useState(false);
  const manifest = useAction('imago', 'GetImageManifest', { ImageId }, asking);
  const verified = useAction('imago', 'VerifyImage', { ImageId }, asking);
  const sign = useChange('imago', 'SignImage');
  const error = manifest.error ?? verified.error;
  const retry = () => Promise.all([manifest.refetch(), verified.refetch()]);
  return (
    <>
      <section class="card">
        <h2>{text.title}</h2>
        <p class="hint">{text.hint}</p>
        {error ? (
          <Problem error={error} retry={retry} />
        ) : manifest.data && verified.data ? (
          <Verdict manifest={manifest.data} verified={verified.data} />
        ) : (
          <p class="loading">{common.loading}</p>
        )}
        <div class="actions">
          <ActionButton
            because={State !== 'available' && actionsText.notAvailable}
            onClick={() => setIsAsked(true)}
          >
            {text.sign}
          </ActionButton>
        </div>
      </section>
      {!error && manifest.data && <Documents manifest={manifest.data} />}
      {isAsked && (
        <ActionDialog
          title={text.signTitle(ImageId)}
          action={text.signNow}
          command={`bin/imago images sign ${ImageId}`}
          run={() => sign.mutateAsync({ ImageId })}
          onClose={() => setIsAsked(false)}
        >
          <p>{text.signMeans}</p>
        </ActionDialog>
      )}
    </>
  );
}

function Verdict({ manifest, verified }: { manifest: Manifest; verified: Verified }) {
  const good = new Set(verified.SignedBy.map(({ Signature }) => Signature));
  return (
    <>
      <p>
        <Mark tone={verified.Valid ? 'good' : 'bad'}>
          {verified.Valid ? text.valid : text.invalid}
        </Mark>{' '}
        {verified.Valid ? text.validMeans : text.invalidMeans}
      </p>
      {verified.Problems.length > 0 && (
        <ul>
          {verified.Problems.map((problem) => (
            <li key={problem}>{visibleLine(problem)}</li>
          ))}
        </ul>
      )}
      <Facts of={[[text.digest, <CopiedId key="digest" id={manifest.Sha256} />]]} />
      <h3>{text.signers}</h3>
      <List
        caption={text.signers}
        items={manifest.Signatures}
        keyOf={({ Signature }) => Signature}
        empty={text.none}
        columns={[
          { title: text.account, cell: ({ AccountId }) => AccountId },
          { title: text.key, cell: ({ KeyId }) => <code>{KeyId}</code> },
          { title: text.date, cell: ({ SignDate }) => <Time at={SignDate} /> },
          {
            title: text.good,
            cell: ({ Signature }) => (
              <Mark tone={good.has(Signature) ? 'good' : 'bad'}>
                {good.has(Signature) ? text.isGood : text.isBad}
              </Mark>
            ),
          },
        ]}
      />
    </>
  );
}

function Documents({ manifest }: { manifest: Manifest }) {
  const { ImageId: id, Manifest, Signatures, Recipe, Lock } = manifest;
  return (
    <section class="card">
      <h2>{text.verify}</h2>
      <p class="hint">{text.verifyHint}</p>
      <ul class="plain-list">
        {Signatures.map(({ Signature, PublicKey, AccountId }) => (
          <li key={Signature}>
            <CopiedId id={text.line(id, PublicKey)} />{' '}
            <button type="button" onClick={() => saveFile(`${id}.json.minisig`, Signature)}>
              {text.saveSignature(AccountId)}
            </button>
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" onClick={() => saveFile(`${id}.json`, Manifest)}>
          {text.saveManifest}
        </button>
      </div>
      {(
        [
          [text.manifest, Manifest],
          [text.recipe, Recipe],
          [text.lock, Lock],
        ] as const
      ).map(
        ([name, document]) =>
          document !== undefined && (
            <details key={name} class="as-code">
              <summary>{name}</summary>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
              <pre class="data" tabIndex={0}>
                {visibleText(document)}
              </pre>
            </details>
          ),
      )}
    </section>
  );
}
