import { Pool, type Dispatcher } from 'undici';

/** The answer to one request; status 0 when none came. */
export interface Answer {
  status: number;
  body: string;
}

/** Posts and gets over kept-alive connections, with undici's bare dispatch: the generator must stay far cheaper than the gateway. */
export class Poster {
  private readonly pool: Pool;

  constructor(url: string, connections: number) {
    this.pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  }

  /** Never rejects. */
  post(path: string, headers: Record<string, string>, body: string): Promise<Answer> {
    return this.request({ method: 'POST', path, headers, body });
  }

  /** Does not follow redirects, and never rejects. */
  get(path: string, headers: Record<string, string>): Promise<Answer> {
    return this.request({ method: 'GET', path, headers });
  }

  private request(request: Dispatcher.DispatchOptions): Promise<Answer> {
    return new Promise((resolve) => {
      let status = 0;
      const chunks: Buffer[] = [];
      this.pool.dispatch(request, {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => void (status = statusCode),
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd: () => resolve({ status, body: Buffer.concat(chunks).toString() }),
        onResponseError: () => resolve({ status: 0, body: '' }),
      });
    });
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}
