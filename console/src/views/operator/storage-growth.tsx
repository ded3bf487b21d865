/** How what is stored has grown, day by day: all of it, and what one account needs. */
import '../../styles/metrics.css';
import { useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { bytes } from '../../parts/format.ts';
import { Problem } from '../../parts/problem.tsx';
import { storageHistoryText as text } from '../../text/storage.ts';
import { MetricChart } from '../instances/metric-chart.tsx';
import { accountsOf, daysOf, lineOfAccount, lineOfAll } from './storage-lines.ts';

export function StorageGrowth() {
  const found = useAction('imago', 'DescribeStorageHistory', {}, { tables: ['storageDays'] });
  const [chosen, setChosen] = useState<string>();
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return null;
  const { Days: days } = found.data;
  if (days.length < 2) {
    return (
      <section class="card">
        <h2>{text.title}</h2>
        <p class="hint">{text.few}</p>
      </section>
    );
  }
  const accounts = accountsOf(days);
  const account = accounts.find((each) => each === chosen) ?? accounts[0];
  const times = daysOf(days);
  const ofAccount = account === undefined ? [] : [lineOfAccount(days, times, account)];
  const lines = [lineOfAll(days, times), ...ofAccount].map((values, index) => ({
    name: index === 0 ? text.together : text.one(account ?? ''),
    values,
  }));
  return (
    <>
      <MetricChart
        // Its lines have names, which it is told once.
        key={account}
        title={text.title}
        hint={text.hint}
        times={times}
        lines={lines}
        shown={(value) => bytes(Math.round(value))}
      />
      {accounts.length > 1 && (
        <label class="beside">
          {text.account}{' '}
          <select value={account} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
            {accounts.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}
