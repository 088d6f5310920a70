import type { StreamFigures } from '../figures';
import type { Distribution } from '../stats';
import type { Results } from './report';
import { grouped, logScale, ninesScale, type LogScale } from './scale';
import { axisTitles, colours, diamond, dot, labelsAtRight, line, path, picture, plot, ring, text } from './svg';

/** One load that a picture shows. */
interface Shown {
  name: string;
  stream: StreamFigures;
}

/** The pictures of a run, by file name. What the run has too few loads for is left out. */
export function picturesOf(results: Results, loadNames: readonly string[]): Map<string, string> {
  const shown = results.scenarios.flatMap(({ name, phases }): Shown[] => {
    const stream = phases[0]?.streams[0];
    return loadNames.includes(name) && stream !== undefined ? [{ name, stream }] : [];
  });
  const pictures = new Map<string, string>();
  if (shown.length < 2) return pictures;
  const where = `${results.mode}, ${results.machine.cores} cores, ${results.startedAt.slice(0, 10)}`;
  pictures.set('throughput', throughputPicture(shown, results, where));
  pictures.set(
    'ack',
    latencyPicture('From event to acknowledgement', where, shown, ({ ackMs }) => ackMs),
  );
  pictures.set(
    'delivery',
    latencyPicture('From event to receiver', where, shown, ({ deliveryMs }) => deliveryMs),
  );
  return pictures;
}

function throughputPicture(shown: readonly Shown[], { bare }: Results, where: string): string {
  const [accepted, delivered, limitColour] = ['#c2410c', '#0072b2', '#57606a'];
  const points = shown.map(({ name, stream }) => ({
    name,
    isClosed: stream.offeredPerSecond === undefined,
    // What a closed loop offers is what is accepted.
    offered: stream.offeredPerSecond ?? stream.acceptedPerSecond,
    accepted: stream.acceptedPerSecond,
    delivered: stream.deliveredPerSecond,
  }));
  const limits = Object.values(bare ?? {});
  const xs = points.map(({ offered }) => offered);
  const ys = [
    ...points.flatMap((point) => [point.accepted, point.delivered]),
    ...limits.map((limit) => limit.perSecond),
  ];
  const x = logScale(xs, plot.left, plot.right);
  const y = logScale([...ys, ...xs], plot.bottom, plot.top);
  const at = (offered: number, perSecond: number) => ({ x: x.at(offered), y: y.at(perSecond) });
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const open = points.filter(({ isClosed }) => !isClosed).sort((left, right) => left.offered - right.offered);
  return picture('Throughput against offered load', `events per second; both axes are logarithmic; ${where}`, [
    ...horizontalGrid(y),
    ...verticalTicks(x),
    line(at(first, first), at(last, last), { colour: '#8c959f', isDashed: true }),
    ...limits.map(({ perSecond }) =>
      line(
        { x: plot.left, y: y.at(perSecond) },
        { x: plot.right, y: y.at(perSecond) },
        { colour: limitColour, width: 1.5 },
      ),
    ),
    path(
      open.map((point) => at(point.offered, point.delivered)),
      delivered,
    ),
    ...open.flatMap((point) => [
      ring(at(point.offered, point.accepted), accepted),
      dot(at(point.offered, point.delivered), delivered),
    ]),
    ...points.filter(({ isClosed }) => isClosed).map((point) => diamond(at(point.offered, point.delivered), delivered)),
    // Closed loops lie close to the highest open one: their names go to the other side.
    ...points.map(({ name, isClosed, offered, delivered: perSecond }) => {
      const { x: left, y: top } = at(offered, perSecond);
      return isClosed
        ? text({ x: left + 6, y: top + 22 }, name, { anchor: 'middle' })
        : text({ x: left - 11, y: top - 9 }, name, { anchor: 'end' });
    }),
    ...labelsAtRight(
      limits.map(({ plural, perSecond }) => ({
        y: y.at(perSecond),
        content: `${grouped(perSecond)}/s bare ${plural}`,
        colour: limitColour,
      })),
    ),
    ...legend([
      { mark: (place) => ring(place, accepted), content: 'accepted, open loop' },
      { mark: (place) => dot(place, delivered), content: 'delivered, open loop' },
      { mark: (place) => diamond(place, delivered), content: 'delivered, closed loop' },
      {
        mark: ({ x: left, y: top }) =>
          line({ x: left - 8, y: top }, { x: left + 8, y: top }, { colour: '#8c959f', isDashed: true }),
        content: 'all that is offered',
      },
    ]),
    ...axisTitles('offered load, events per second', 'events per second'),
  ]);
}

function latencyPicture(
  title: string,
  where: string,
  shown: readonly Shown[],
  of: (stream: StreamFigures) => Distribution,
): string {
  const curves = shown.map(({ name, stream }, index) => ({
    name: `${name}: ${stream.offered}`,
    colour: colours[index % colours.length] ?? '',
    points: of(stream).curve.filter(([percent, ms]) => percent >= 50 && ms > 0),
  }));
  const y = logScale(
    curves.flatMap(({ points }) => points.map(([, ms]) => ms)),
    plot.bottom,
    plot.top,
  );
  const [low, high] = [ninesScale(50), ninesScale(99.9)];
  const x = (percent: number): number =>
    plot.left + ((ninesScale(percent) - low) / (high - low)) * (plot.right - plot.left);
  return picture(title, `latency distribution; open loops count from the scheduled moment; ${where}`, [
    ...horizontalGrid(y),
    ...[50, 75, 90, 95, 99, 99.9].flatMap((percent) => [
      line({ x: x(percent), y: plot.top }, { x: x(percent), y: plot.bottom }),
      text({ x: x(percent), y: plot.bottom + 20 }, `p${percent}`, { anchor: 'middle' }),
    ]),
    ...curves.map(({ points, colour }) =>
      path(
        points.map(([percent, ms]) => ({ x: x(percent), y: y.at(ms) })),
        colour,
      ),
    ),
    ...labelsAtRight(
      curves.map(({ name, colour, points }) => ({ y: y.at(points.at(-1)?.[1] ?? 1), content: name, colour })),
    ),
    ...axisTitles('percentile', 'milliseconds'),
  ]);
}

function horizontalGrid(y: LogScale): string[] {
  return y.ticks.flatMap(({ value, isStrong }) => [
    line(
      { x: plot.left, y: y.at(value) },
      { x: plot.right, y: y.at(value) },
      { colour: isStrong ? '#d0d7de' : '#eaeef2' },
    ),
    text({ x: plot.left - 8, y: y.at(value) + 4 }, grouped(value), { anchor: 'end' }),
  ]);
}

function verticalTicks(x: LogScale): string[] {
  return x.ticks.flatMap(({ value, isStrong }) => [
    line(
      { x: x.at(value), y: plot.top },
      { x: x.at(value), y: plot.bottom },
      { colour: isStrong ? '#d0d7de' : '#eaeef2' },
    ),
    text({ x: x.at(value), y: plot.bottom + 20 }, grouped(value), { anchor: 'middle' }),
  ]);
}

/** A row below the axis, where nothing else can be. */
function legend(entries: readonly { mark: (place: { x: number; y: number }) => string; content: string }[]): string[] {
  return entries.flatMap(({ mark, content }, index) => {
    const place = { x: plot.left + 8 + index * 195, y: plot.bottom + 68 };
    return [mark(place), text({ x: place.x + 16, y: place.y + 4 }, content)];
  });
}
