/**
 * Records a history for each shape that has none yet, on a Temporal dev server and a MongoDB of its own:
 *
 *   npx tsc --outDir .data/record; node .data/record/test/replay/record.js [name …]
 *
 * Names, such as `webhook-delivery.first-try`, restrict it to those. A history that is there is never recorded again:
 * it stands for workflows that are under way somewhere. Mend a failing replay with patched().
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startOwnMongod, startOwnTemporal } from '../support/engines';
import { eventsOf, type HistoryEvent } from '../workflows/support/history';
import { openRealTimePlace } from '../workflows/support/place';
import { openScene } from '../workflows/support/scene';
import { shapes } from './shapes';

/** The compiled script lies elsewhere than its source, so the place of the histories is taken from the root. */
const directory = path.resolve('test/replay/histories');
const taskQueue = 'emailsendx';

async function main(names: readonly string[]): Promise<void> {
  for (const name of names) if (!(name in shapes)) throw new Error(`there is no shape ${name}`);
  const wanted = Object.entries(shapes).filter(
    ([name]) => (names.length === 0 || names.includes(name)) && !existsSync(fileOf(name)),
  );
  if (wanted.length === 0) return console.log('every shape has its history');
  mkdirSync(directory, { recursive: true });
  const [temporal, mongod] = await Promise.all([startOwnTemporal(), startOwnMongod()]);
  const place = await openRealTimePlace({ temporalAddress: temporal.address, mongoUri: mongod.uri });
  try {
    for (const [name, { options, play }] of wanted) {
      const scene = await openScene(place, { ...options, taskQueue });
      try {
        const played = await play(scene);
        const { workflowId, runId } = typeof played === 'string' ? { workflowId: played, runId: undefined } : played;
        const events = await eventsOf(scene.handle(workflowId, runId));
        writeFileSync(fileOf(name), textOf(events));
        console.log(`${name}: ${events.length} events`);
      } finally {
        await scene.close();
      }
    }
  } finally {
    await place.close();
    await Promise.all([temporal.stop(), mongod.stop()]);
  }
}

function fileOf(name: string): string {
  return path.join(directory, `${name}.json`);
}

/** One event to a line. Stack traces are left out: they hold the paths of this machine. */
function textOf(events: readonly HistoryEvent[]): string {
  const lines = events.map((event) =>
    JSON.stringify(event, (key, value: unknown) => (key === 'stackTrace' ? undefined : value)),
  );
  return `{"events":[\n${lines.join(',\n')}\n]}\n`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
