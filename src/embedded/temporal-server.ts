import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { startEngineProcess, type EngineProcess, type EngineStart } from './engine-process';
import { answersOn, claimPort } from './ports';

const NAMESPACE = 'default';
const RETENTION_MS = 7 * 24 * 60 * 60 * 1000;

/** A running Temporal dev server with the namespace `default`. */
export interface RunningTemporalServer extends EngineProcess {
  address: string;
  port: number;
  /** Absent when started headless. */
  uiUrl?: string;
  uiPort?: number;
}

/** What the dev server is started with; port 0 takes any free one, `headless` leaves the Web UI out. */
export interface TemporalServerStart extends EngineStart {
  port: number;
  uiPort: number;
  headless?: boolean;
  extraArgs?: readonly string[];
}

/** Starts the Temporal dev server on 127.0.0.1 with its database in DATA_DIR/temporal.db and waits until it answers. */
export async function startTemporalServer(start: TemporalServerStart): Promise<RunningTemporalServer> {
  const dataDir = resolve(start.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const port = await claimPort(start.port, 'TEMPORAL_PORT', 'Temporal');
  const uiPort = start.headless ? undefined : await claimPort(start.uiPort, 'TEMPORAL_UI_PORT', "Temporal's Web UI");
  const address = `127.0.0.1:${port}`;
  const child = await startEngineProcess('temporal', {
    ...start,
    dataDir,
    args: [...serverArgs(dataDir, port, uiPort), ...(start.extraArgs ?? [])],
    isReady: () => isServing(port, uiPort),
  });
  const ui = uiPort === undefined ? {} : { uiPort, uiUrl: `http://127.0.0.1:${uiPort}` };
  return { ...child, address, port, ...ui };
}

function serverArgs(dataDir: string, port: number, uiPort: number | undefined): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    // Write-ahead logging doubles the throughput of the default.
    ...['--db-filename', join(dataDir, 'temporal.db')],
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
  ];
}

async function isServing(port: number, uiPort: number | undefined): Promise<boolean> {
  // A gRPC client waits a second after a refused connection; a plain look at the port does not.
  if (!(await answersOn(port)) || (uiPort !== undefined && !(await answersOn(uiPort)))) return false;
  const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: 5_000 });
  try {
    await connection.workflowService.updateNamespace({
      namespace: NAMESPACE,
      config: { workflowExecutionRetentionTtl: msToTs(RETENTION_MS) },
    });
    return true;
  } finally {
    await connection.close();
  }
}
