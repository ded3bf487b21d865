/** One product of the marketplace: what it is, its versions, and what one may do with it. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import type { Output } from '../../api/wire.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Check } from '../../parts/field.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { Mark, State } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { marketText as text } from '../../text/market.ts';

export type Product = Output<'imago', 'ListProducts'>['Products'][number];

interface Props {
  product: Product;
  onNewVersion(): void;
}

type Asked = 'subscribe' | 'unsubscribe' | 'retire';

export function ProductCard({ product, onNewVersion }: Props) {
  const { profile } = useSession();
  const [asks, setAsks] = useState<Asked>();
  const { ProductCode, Title, Description, Price, Terms, VendorId, Subscribed, Status } = product;
  const isVendor = VendorId === profile.account.AccountId;
  const isRetired = Status === 'Retired' && text.isRetired;
  return (
    <section class="card product">
      <h2>
        <a href={href(['market', ProductCode])}>{Title || ProductCode}</a> <State of={Status} />{' '}
        {Subscribed && <Mark tone="good">{text.subscribed}</Mark>}
      </h2>
      <p>{Description}</p>
      <p class="hint">
        {text.by(VendorId)} · <code>{ProductCode}</code> · {Price || text.noPrice}
      </p>
      {Terms && (
        <details>
          <summary>{text.terms}</summary>
          <p class="terms">{Terms}</p>
        </details>
      )}
      <Versions of={product} />
      <div class="actions">
        {Subscribed ? (
          <button type="button" onClick={() => setAsks('unsubscribe')}>
            {text.unsubscribe}
          </button>
        ) : (
          <ActionButton kind="main" because={isRetired} onClick={() => setAsks('subscribe')}>
            {text.subscribe}
          </ActionButton>
        )}
        {isVendor && (
          <>
            <button type="button" onClick={onNewVersion}>
              {text.newVersion}
            </button>
            <ActionButton because={isRetired} onClick={() => setAsks('retire')}>
              {text.retire}
            </ActionButton>
          </>
        )}
      </div>
      {asks && <AskedDialog what={asks} product={product} onClose={() => setAsks(undefined)} />}
    </section>
  );
}

/** Of those that were refused the vendor is told why; what was found is with the image. */
function Versions({ of: { Versions: versions } }: { of: Product }) {
  return (
    <ul class="rows">
      {versions.map(({ Version, ImageId, SourceImageId, Status, StatusReason, CreateDate }) => (
        <li key={ImageId}>
          <span>
            {Version} <State of={Status} /> <Time at={CreateDate} /> {StatusReason}
          </span>
          {Status === 'refused' && SourceImageId ? (
            <a href={href(['images', SourceImageId], { tab: 'findings' })}>{text.findings}</a>
          ) : (
            <IdLink id={ImageId} />
          )}
        </li>
      ))}
    </ul>
  );
}

interface AskedProps {
  what: Asked;
  product: Product;
  onClose(): void;
}

function AskedDialog({ what, product: { ProductCode, Title, Terms }, onClose }: AskedProps) {
  const [isAccepted, setIsAccepted] = useState(false);
  const changes = {
    subscribe: useChange('imago', 'SubscribeProduct'),
    unsubscribe: useChange('imago', 'UnsubscribeProduct'),
    retire: useChange('imago', 'RetireProduct'),
  };
  const hasTerms = what === 'subscribe' && Terms !== '';
  const run = async () => {
    if (hasTerms && !isAccepted) throw new Error(text.acceptFirst);
    return changes[what].mutateAsync({ ProductCode });
  };
  return (
    <ActionDialog
      title={text.ask[what](Title || ProductCode)}
      action={text.now[what]}
      isDangerous={what !== 'subscribe'}
      run={run}
      onClose={onClose}
    >
      <p>{text.askMeans[what]}</p>
      {hasTerms && (
        <>
          <p class="terms">{Terms}</p>
          <Check label={text.accept} checked={isAccepted} onCheck={setIsAccepted} />
        </>
      )}
    </ActionDialog>
  );
}
