interface Counts {
  pending: number;
  retrying: number;
  delivered: number;
  failed: number;
  held: number;
  cancelled: number;
}

/** 0.0034 as "0.3 %"; what is not nothing is not shown as nothing, and what is not all not as all. */
export function percent(share: number | null): string {
  if (share === null) return '–';
  if (share > 0 && share < 0.001) return '< 0.1 %';
  if (share < 1 && share > 0.999) return '> 99.9 %';
  return `${Math.round(share * 1_000) / 10} %`;
}

/** What the sparkline of an endpoint shows: each hour's deliveries, and of them those that have not arrived. */
export function barsOf({ hours }: { hours: { counts: Counts }[] | null }): {
  values: number[];
  failed: number[];
  label: string;
} {
  const counts = (hours ?? []).map((hour) => hour.counts);
  const values = counts.map(({ pending, retrying, delivered, failed, held, cancelled }) => {
    return pending + retrying + delivered + failed + held + cancelled;
  });
  const failed = counts.map((hour) => hour.failed + hour.retrying);
  const sum = (numbers: number[]): string => numbers.reduce((total, each) => total + each, 0).toLocaleString('en');
  const label =
    hours === null
      ? 'Too many deliveries to count in time'
      : `${sum(values)} deliveries in the last 24 hours; of ${sum(failed)} the latest attempt failed`;
  return { values, failed, label };
}

/** The hours as the charts take them. */
export function chartRows(hours: { at: string; counts: Counts }[], hourName: (at: string) => string) {
  return hours.map(({ at, counts: { delivered, retrying, pending, failed, held, cancelled } }) => {
    const attempted = delivered + failed + retrying;
    return {
      hour: hourName(at),
      ...{ delivered, retrying, pending, failed, held, cancelled },
      rate: attempted === 0 ? null : Math.round(((failed + retrying) / attempted) * 1_000) / 10,
    };
  });
}
