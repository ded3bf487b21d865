/**
 * The marketplace: what vendors offer, what one subscribes to, and what one publishes oneself; or
 * one product of it (`#/market/…`).
 */
import { useState } from 'preact/hooks';
import { useAction, usePages } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import type { Output } from '../../api/wire.ts';
import { Empty } from '../../parts/empty.tsx';
import { Problem } from '../../parts/problem.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { href, type Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { marketText as text } from '../../text/market.ts';
import { type Product, ProductCard } from './product-card.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import { Published } from './published.tsx';

const tables = ['products', 'subscriptions'] as const;
const tabs = ['all', 'subscribed', 'own'] as const;

export function MarketView({ route }: { route: Route }) {
  const [, code] = route.path;
  const [publishes, setPublishes] = useState<string>();
  const [published, setPublished] = useState<Output<'imago', 'PublishProduct'>>();
  const source = published?.Product.Versions.find(({ ImageId }) => ImageId === published.ImageId);
  const current = currentTab(route, tabs);
  return (
    <>
      {code && (
        <p class="back">
          <a href={href(['market'])}>{text.back}</a>
        </p>
      )}
      <header class="view">
        <h1>{text.title}</h1>
        <button type="button" class="main" onClick={() => setPublishes('')}>
          {text.publish}
        </button>
      </header>
      {published && (
        <Published key={published.TaskId} published={published} sourceId={source?.SourceImageId} />
      )}
      {code ? (
        <OneProduct code={code} onNewVersion={setPublishes} />
      ) : (
        <>
          <Tabs text={text} path={['market']} names={tabs} current={current} />
          <Products tab={current} onNewVersion={setPublishes} />
        </>
      )}
      {publishes !== undefined && (
        <PublishDialog
          code={publishes}
          onPublished={setPublished}
          onClose={() => setPublishes(undefined)}
        />
      )}
    </>
  );
}

function OneProduct({ code, onNewVersion }: { code: string; onNewVersion(code: string): void }) {
  const found = useAction('imago', 'DescribeProduct', { ProductCode: code }, { tables });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  return <ProductCard product={found.data.Product} onNewVersion={() => onNewVersion(code)} />;
}

interface ProductsProps {
  tab: (typeof tabs)[number];
  onNewVersion(code: string): void;
}

function Products({ tab, onNewVersion }: ProductsProps) {
  const { profile } = useSession();
  const found = usePages('imago', 'ListProducts', {}, { tables });
  const isShown = {
    all: () => true,
    subscribed: ({ Subscribed }: Product) => Subscribed,
    own: ({ VendorId }: Product) => VendorId === profile.account.AccountId,
  }[tab];
  const products = found.data?.pages.flatMap((page) => page.Products).filter(isShown);
  return (
    <>
      {found.error && <Problem error={found.error} retry={found.refetch} />}
      {!products && !found.error && <p class="loading">{common.loading}</p>}
      {products?.length === 0 && !found.hasNextPage && <Empty>{text.empty[tab]}</Empty>}
      {products?.map((product) => (
        <ProductCard
          key={product.ProductCode}
          product={product}
          onNewVersion={() => onNewVersion(product.ProductCode)}
        />
      ))}
      {found.hasNextPage && (
        <button type="button" class="more" onClick={() => found.fetchNextPage()}>
          {common.more}
        </button>
      )}
    </>
  );
}
