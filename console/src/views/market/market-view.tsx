/** The marketplace: what vendors offer, what one subscribes to, and what one publishes oneself. */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import type { Output } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Field } from '../../parts/field.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { common } from '../../text/common.ts';
import { marketText as text } from '../../text/market.ts';

type Product = Output<'imago', 'ListProducts'>['Products'][number];

export function MarketView() {
  const [publishes, setPublishes] = useState<string>();
  const found = usePages('imago', 'ListProducts', {}, { tables: ['products', 'subscriptions'] });
  const products = found.data?.pages.flatMap(({ Products }) => Products);
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <button type="button" class="main" onClick={() => setPublishes('')}>
          {text.publish}
        </button>
      </header>
      {found.error && <Problem error={found.error} retry={found.refetch} />}
      {!products && !found.error && <p class="loading">{common.loading}</p>}
      {products?.length === 0 && <Empty>{text.empty}</Empty>}
      {products?.map((product) => (
        <ProductCard
          key={product.ProductCode}
          product={product}
          onNewVersion={() => setPublishes(product.ProductCode)}
        />
      ))}
      {found.hasNextPage && (
        <button type="button" class="more" onClick={() => found.fetchNextPage()}>
          {common.more}
        </button>
      )}
      {publishes !== undefined && (
        <PublishDialog code={publishes} onClose={() => setPublishes(undefined)} />
      )}
    </>
  );
}

function ProductCard({ product, onNewVersion }: { product: Product; onNewVersion(): void }) {
  const { profile } = useSession();
  const { ProductCode, Title, Description, Price, Terms, VendorId, Subscribed, Status } = product;
  const subscribe = useChange('imago', 'SubscribeProduct');
  const unsubscribe = useChange('imago', 'UnsubscribeProduct');
  const retire = useChange('imago', 'RetireProduct');
  const error = subscribe.error ?? unsubscribe.error ?? retire.error;
  const isVendor = VendorId === profile.account.AccountId;
  return (
    <section class="card product">
      <h2>
        {Title || ProductCode} <State of={Status} />
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
      <ul class="rows">
        {product.Versions.map(({ Version, ImageId, Status: state, StatusReason }) => (
          <li key={Version}>
            <span>
              {Version} <State of={state} /> {StatusReason}
            </span>
            <IdLink id={ImageId} />
          </li>
        ))}
      </ul>
      {error && <Problem error={error} />}
      <div class="actions">
        {Subscribed ? (
          <button type="button" onClick={() => unsubscribe.mutate({ ProductCode })}>
            {text.unsubscribe}
          </button>
        ) : (
          <button type="button" class="main" onClick={() => subscribe.mutate({ ProductCode })}>
            {text.subscribe}
          </button>
        )}
        {isVendor && (
          <>
            <button type="button" onClick={onNewVersion}>
              {text.newVersion}
            </button>
            <button type="button" onClick={() => retire.mutate({ ProductCode })}>
              {text.retire}
            </button>
          </>
        )}
      </div>
    </section>
  );
}

function PublishDialog({ code, onClose }: { code: string; onClose(): void }) {
  const [wanted, setWanted] = useState({
    ImageId: '',
    ProductCode: code,
    Title: '',
    Description: '',
    Price: '',
    Terms: '',
    Version: '',
  });
  const publish = useChange('imago', 'PublishProduct');
  const run = () => {
    const given = Object.entries(wanted).filter(([, value]) => value !== '');
    return publish.mutateAsync({ ImageId: wanted.ImageId, ...Object.fromEntries(given) });
  };
  const field = (name: keyof typeof wanted, required = false) => (
    <Field
      label={text.fields[name]}
      value={wanted[name]}
      onText={(value) => setWanted((now) => ({ ...now, [name]: value }))}
      required={required}
    />
  );
  return (
    <ActionDialog title={text.publish} action={text.publishNow} run={run} onClose={onClose}>
      <p>{text.publishMeans}</p>
      {field('ImageId', true)}
      {field('ProductCode')}
      {field('Title', code === '')}
      {field('Version')}
      {field('Description')}
      {field('Price')}
      {field('Terms')}
    </ActionDialog>
  );
}
