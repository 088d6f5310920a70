import { z } from 'zod';
import { createReceiver, type Receiver } from '../../receiver/server';

export interface DemoReceiver {
  url: string;
  isOwn: boolean;
  close(): Promise<void>;
}

const usualPort = 4_000;

/** The receiver that runs already, or one for as long as the demonstration takes. */
export async function openReceiver(): Promise<DemoReceiver> {
  const url = `http://127.0.0.1:${usualPort}`;
  if (await isReceiver(url)) return { url, isOwn: false, close: () => Promise.resolve() };
  const own = await start(usualPort).catch(() => start(0));
  return { url: own.url, isOwn: true, close: () => own.close() };
}

function start(port: number): Promise<Receiver> {
  return createReceiver({ port, secrets: [], help: 'esx demo', print: () => undefined });
}

/** Without it the receiver takes every signature. */
export async function tellSecret({ url }: DemoReceiver, secret: string): Promise<void> {
  await fetch(`${url}/secret`, { method: 'POST', body: JSON.stringify({ secret }) });
}

async function isReceiver(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/received`, { signal: AbortSignal.timeout(1_000) });
    return z.array(z.object({ webhookId: z.string() })).safeParse(await response.json()).success;
  } catch {
    return false;
  }
}
