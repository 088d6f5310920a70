import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { hashApiKey } from '../api-key';
import type { ApiKeyStore } from '../mongo/api-keys';
import type { WorkspaceDocument, WorkspaceStore } from '../mongo/workspaces';
import { Problem } from './problem';

/** Whom a request speaks for. */
export interface Caller {
  workspace: WorkspaceDocument;
  apiKeyId: string;
}

/** How long a key that was good a moment ago needs no look at the database; another gateway's revocation takes as long. */
const cacheMs = 5_000;
const touchEveryMs = 60_000;

/** Knows callers by their API key. */
export class Authenticator {
  private readonly callers = new LRUCache<string, Caller>({ max: 10_000, ttl: cacheMs });
  private generation = 0;
  private readonly touched = new LRUCache<string, true>({ max: 10_000, ttl: touchEveryMs });

  constructor(
    private readonly stores: { apiKeys: ApiKeyStore; workspaces: WorkspaceStore },
    private readonly now: () => number,
  ) {}

  /** The caller of a request with `Authorization: Bearer`, or Basic with the key as user name, or a key from the body. */
  async authenticate(request: Request, keyInBody?: unknown): Promise<Caller> {
    const key = keyOf(request) ?? (typeof keyInBody === 'string' ? keyInBody : undefined);
    if (key === undefined) {
      throw new Problem(
        401,
        'key_missing',
        'No API key came with this request; send it as "Authorization: Bearer esx_live_…" (Settings → API).',
      );
    }
    const caller = await this.callerOf(key);
    const wanted = request.get('X-Workspace-Id');
    if (wanted !== undefined && wanted !== caller.workspace._id) {
      throw new Problem(
        403,
        'wrong_workspace',
        'X-Workspace-Id names another workspace than the API key belongs to; use a key of that workspace.',
      );
    }
    return caller;
  }

  /** Forgets what is remembered of a workspace and its keys, after a change to either. */
  forget(): void {
    this.generation++;
    this.callers.clear();
  }

  private async callerOf(key: string): Promise<Caller> {
    const hash = hashApiKey(key);
    const { generation } = this;
    const remembered = this.callers.get(hash);
    const caller = remembered ?? (await this.look(hash));
    // What was read before a key was revoked must not be remembered after it.
    if (!remembered && generation === this.generation) this.callers.set(hash, caller);
    if (!this.touched.has(caller.apiKeyId)) {
      this.touched.set(caller.apiKeyId, true);
      this.stores.apiKeys
        .touch(caller.apiKeyId, new Date(this.now()))
        .catch(() => this.touched.delete(caller.apiKeyId));
    }
    return caller;
  }

  private async look(hash: string): Promise<Caller> {
    const apiKey = await this.stores.apiKeys.byHash(hash);
    if (!apiKey)
      throw new Problem(401, 'key_unknown', 'This API key is not known here; copy a key from Settings → API.');
    if (apiKey.revokedAt)
      throw new Problem(401, 'key_revoked', 'This API key was revoked; create a new one in Settings → API.');
    const workspace = await this.stores.workspaces.get(apiKey.workspaceId);
    if (!workspace) throw new Problem(401, 'key_unknown', 'The workspace of this API key does not exist any more.');
    return { workspace, apiKeyId: apiKey._id };
  }
}

function keyOf(request: Request): string | undefined {
  const header = request.get('authorization')?.trim();
  const [scheme, credentials] = header === undefined ? [] : header.split(/\s+/, 2);
  if (scheme?.toLowerCase() === 'bearer') return credentials || undefined;
  if (scheme?.toLowerCase() !== 'basic' || credentials === undefined) return undefined;
  return Buffer.from(credentials, 'base64').toString('utf8').split(':', 1)[0] || undefined;
}
