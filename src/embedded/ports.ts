import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

// Below the range that systems take outgoing connections from, so that a client that reconnects cannot sit on an engine's port meanwhile.
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 32_000;
const handedOut = new Set<number>();

/** A port of 127.0.0.1 that nobody listens on; never the same one twice in this process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (handedOut.has(port) || !(await isPortFree(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error(`No free port found between ${LOWEST_PORT} and ${HIGHEST_PORT} on 127.0.0.1.`);
}

/** The wanted port, or any free one for 0; one that is taken is an error that names the variable to change. */
export async function claimPort(wanted: number, variable: string, purpose: string): Promise<number> {
  if (wanted === 0) return freePort();
  if (await isPortFree(wanted)) return wanted;
  throw new Error(
    `Port ${wanted} is already in use, so ${purpose} cannot start. ` +
      `Stop the program that listens there, or set ${variable} to another port (0 = any free one).`,
  );
}

/** True when a TCP connection to the port of 127.0.0.1 is taken. */
export function answersOn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
    const settle = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
