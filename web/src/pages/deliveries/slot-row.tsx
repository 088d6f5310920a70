import { useElementSize } from '@mantine/hooks';

type State = 'done' | 'failed' | 'next' | 'future' | 'skipped';

const height = 44;
const middle = height / 2;
const radius = 13;
const colors: Record<State, string> = {
  done: 'var(--mantine-color-teal-7)',
  failed: 'var(--mantine-color-red-7)',
  next: 'var(--mantine-color-yellow-7)',
  future: 'var(--mantine-color-dimmed)',
  skipped: 'var(--mantine-color-default-border)',
};

/** Slots in a row, each in the middle of its column; `share` of the wait for the next one is over. */
export function SlotRow({ states, share }: { states: State[]; share: number }) {
  const { ref, width } = useElementSize();
  const step = width / states.length;
  return (
    <div ref={ref} style={{ height }}>
      <svg width={width} height={height} role="presentation">
        {states.slice(1).map((state, index) => (
          <line
            key={index}
            x1={step * (index + 0.5) + radius}
            x2={step * (index + 1.5) - radius}
            y1={middle}
            y2={middle}
            stroke={isMade(state) ? 'var(--mantine-color-text)' : colors[state]}
            strokeWidth={2}
            strokeDasharray={isMade(state) ? undefined : '4 4'}
          />
        ))}
        {states.map((state, index) => (
          <Node key={index} state={state} x={step * (index + 0.5)} share={share} />
        ))}
      </svg>
    </div>
  );
}

function isMade(state: State): boolean {
  return state === 'done' || state === 'failed';
}

function Node({ state, x, share }: { state: State; x: number; share: number }) {
  const around = 2 * Math.PI * radius;
  const circle = { cx: x, cy: middle, r: radius };
  return (
    <g>
      <circle
        {...circle}
        fill={isMade(state) ? colors[state] : 'none'}
        stroke={state === 'next' ? 'var(--mantine-color-default-border)' : colors[state]}
        strokeWidth={state === 'next' ? 4 : 2}
        strokeDasharray={state === 'skipped' ? '3 3' : undefined}
      />
      {state === 'next' ? (
        <circle
          {...circle}
          fill="none"
          stroke={colors.next}
          strokeWidth={4}
          strokeDasharray={`${around * share} ${around}`}
          transform={`rotate(-90 ${x} ${middle})`}
        />
      ) : null}
      <Sign state={state} x={x} />
    </g>
  );
}

/** Each state has a sign of its own beside its colour. */
function Sign({ state, x }: { state: State; x: number }) {
  const line = { stroke: 'white', strokeWidth: 2.5, fill: 'none', strokeLinecap: 'round' as const };
  switch (state) {
    case 'done':
      return <path d={`M ${x - 5} ${middle} l 3.5 4 l 6.5 -8`} {...line} />;
    case 'failed':
      return <path d={`M ${x - 4} ${middle - 4} l 8 8 m 0 -8 l -8 8`} {...line} />;
    case 'next':
      return <circle cx={x} cy={middle} r={4} fill={colors.next} />;
    case 'future':
    case 'skipped':
      return null;
  }
}
