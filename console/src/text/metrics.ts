/** What an instance takes. */
export const metricsText = {
  spansLabel: 'Time',
  spans: { hour: 'Last hour', day: 'Last 24 hours' },
  nothing:
    'Nothing is known of this time. Figures come every minute while the instance runs; simulated machines have none.',
  cpu: { title: 'Processors', hint: 'Of one processor: two that are busy are 200 %.' },
  disk: { title: 'Disks', hint: 'As the guest reads and writes.' },
  network: { title: 'Network', hint: 'Through its card.' },
  used: 'Used',
  read: 'Read',
  written: 'Written',
  received: 'Received',
  sent: 'Sent',
  percent: (value: number) => `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`,
  perSecond: (bytes: string) => `${bytes}/s`,
  drawn: (title: string, lines: string) => `${title} over time. ${lines}`,
  line: (name: string, last: string, most: string) => `${name}: ${last} last, ${most} at most.`,
  asTable: 'As a table',
  means: { hour: 'Means of five minutes, the last first', day: 'Means of an hour, the last first' },
  time: 'Time',
};
