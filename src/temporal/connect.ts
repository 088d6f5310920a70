import { Client } from '@temporalio/client';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import type { Logger } from 'pino';

export interface TemporalSettings {
  connectionOptions: NativeConnectionOptions;
  namespace: string;
}

/**
 * A connection to Temporal that is made in the background and remade as often as it takes: the gateway takes events
 * while Temporal is away. One connection serves client and worker, which is what eager starts need.
 */
export interface TemporalLink {
  namespace: string;
  /** Undefined until the first connection stands. */
  client(): Client | undefined;
  connected(): Promise<{ client: Client; connection: NativeConnection }>;
  /** Whether Temporal answers now. */
  isReachable(): Promise<boolean>;
  close(): Promise<void>;
}

const retryMs = 1_000;
const probeTimeoutMs = 1_000;

export function connectTemporal(settings: TemporalSettings, logger: Logger): TemporalLink {
  let isClosed = false;
  let current: { client: Client; connection: NativeConnection } | undefined;

  const connect = async (): Promise<{ client: Client; connection: NativeConnection }> => {
    for (let failures = 0; ; failures++) {
      try {
        const connection = await NativeConnection.connect(settings.connectionOptions);
        current = { connection, client: new Client({ connection, namespace: settings.namespace }) };
        return current;
      } catch (error) {
        if (isClosed) throw error;
        if (failures === 0)
          logger.warn({ err: error, address: settings.connectionOptions.address }, 'temporal.unreachable');
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  };
  const connecting = connect();
  connecting.catch(() => undefined);

  return {
    namespace: settings.namespace,
    client: () => current?.client,
    connected: () => connecting,
    async isReachable() {
      if (!current) return false;
      const { connection } = current;
      try {
        await connection.withDeadline(Date.now() + probeTimeoutMs, () => connection.workflowService.getSystemInfo({}));
        return true;
      } catch {
        return false;
      }
    },
    async close() {
      isClosed = true;
      await current?.connection.close();
    },
  };
}
