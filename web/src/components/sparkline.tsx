/** A small drawing of counts over time; `label` says in words what it shows. Failures stand red on the rest. */
export function Sparkline({ values, failed, label }: { values: number[]; failed?: number[]; label: string }) {
  const width = 120;
  const height = 28;
  const most = Math.max(1, ...values);
  const step = width / Math.max(1, values.length);
  const bar = (value: number): number => (value === 0 ? 0 : Math.max(2, (value / most) * height));
  return (
    <svg width={width} height={height} role="img" aria-label={label} viewBox={`0 0 ${width} ${height}`}>
      {values.map((value, index) => {
        const failedHeight = bar(Math.min(value, failed?.[index] ?? 0));
        return (
          <g key={index}>
            <rect
              {...{ x: index * step, width: Math.max(1, step - 1), y: height - bar(value), height: bar(value) }}
              fill="var(--mantine-color-teal-6)"
            />
            <rect
              {...{ x: index * step, width: Math.max(1, step - 1), y: height - failedHeight, height: failedHeight }}
              fill="var(--mantine-color-red-6)"
            />
          </g>
        );
      })}
    </svg>
  );
}
