import type { Request, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { hashApiKey } from '../api-key';
import type { SignedIn } from '../auth/sign-in';
import type { ApiKeyStore } from '../mongo/api-keys';
import type { PersonRole } from '../mongo/people';
import type { WorkspaceDocument, WorkspaceStore } from '../mongo/workspaces';
import { Problem } from './problem';
import type { SessionReader } from './session-cookie';

/** Whom a request speaks for. */
export interface Caller {
  workspace: WorkspaceDocument;
  by: CallerBy;
}
export type CallerBy =
  | { kind: 'key'; apiKeyId: string }
  | { kind: 'person'; personId: string; role: PersonRole; name: string; email: string };

/** How long a key that was good a moment ago needs no look at the database; another gateway's revocation takes as long. */
const cacheMs = 5_000;
const touchEveryMs = 60_000;

/** Knows callers by their API key, or as people who are signed in. */
export class Authenticator {
  private readonly callers = new LRUCache<string, Caller>({ max: 10_000, ttl: cacheMs });
  private generation = 0;
  private readonly touched = new LRUCache<string, true>({ max: 10_000, ttl: touchEveryMs });

  constructor(
    private readonly stores: { apiKeys: ApiKeyStore; workspaces: WorkspaceStore },
    private readonly now: () => number,
    /** Absent where nobody signs in. */
    private readonly sessions?: SessionReader,
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
    return ofWantedWorkspace(request, await this.callerByKey(key));
  }

  /** The caller of a management call: a key comes first, then whoever is signed in. A long answer may ask again. */
  async authenticateManagement(request: Request, response: Response): Promise<Caller> {
    const cookies = keyOf(request) === undefined ? this.sessions?.cookiesOf(request) : undefined;
    if (!this.sessions || cookies === undefined) return this.authenticate(request);
    this.sessions.refuseForeign(request);
    const { generation } = this;
    // Never the same as that of a key: what is a cookie's must not pass for one.
    const hash = hashApiKey(`session ${cookies}`);
    const remembered = this.callers.get(hash);
    if (remembered) return ofWantedWorkspace(request, remembered);
    const caller = await this.callerOf(await this.sessions.read(request, response));
    if (generation === this.generation) this.callers.set(hash, caller);
    return ofWantedWorkspace(request, caller);
  }

  /** Forgets what is remembered of workspaces, keys and people, after a change to any. */
  forget(): void {
    this.generation++;
    this.callers.clear();
  }

  private async callerOf({ id, workspaceId, role, name, email }: SignedIn): Promise<Caller> {
    const workspace = await this.stores.workspaces.get(workspaceId);
    if (!workspace) throw new Problem(401, 'session_ended', 'Your workspace does not exist any more.');
    return { workspace, by: { kind: 'person', personId: id, role, name, email } };
  }

  private async callerByKey(key: string): Promise<Caller> {
    const hash = hashApiKey(key);
    const { generation } = this;
    const remembered = this.callers.get(hash);
    const caller = remembered ?? (await this.look(hash));
    // What was read before a key was revoked must not be remembered after it.
    if (!remembered && generation === this.generation) this.callers.set(hash, caller);
    if (caller.by.kind === 'key') this.touch(caller.by.apiKeyId);
    return caller;
  }

  private touch(apiKeyId: string): void {
    if (this.touched.has(apiKeyId)) return;
    this.touched.set(apiKeyId, true);
    this.stores.apiKeys.touch(apiKeyId, new Date(this.now())).catch(() => this.touched.delete(apiKeyId));
  }

  private async look(hash: string): Promise<Caller> {
    const apiKey = await this.stores.apiKeys.byHash(hash);
    if (!apiKey)
      throw new Problem(401, 'key_unknown', 'This API key is not known here; copy a key from Settings → API.');
    if (apiKey.revokedAt)
      throw new Problem(401, 'key_revoked', 'This API key was revoked; create a new one in Settings → API.');
    const workspace = await this.stores.workspaces.get(apiKey.workspaceId);
    if (!workspace) throw new Problem(401, 'key_unknown', 'The workspace of this API key does not exist any more.');
    return { workspace, by: { kind: 'key', apiKeyId: apiKey._id } };
  }
}

function ofWantedWorkspace(request: Request, caller: Caller): Caller {
  const wanted = request.get('X-Workspace-Id');
  if (wanted === undefined || wanted === caller.workspace._id) return caller;
  const whose =
    caller.by.kind === 'key' ? 'the API key belongs to; use a key of that workspace' : 'you are signed in to';
  throw new Problem(403, 'wrong_workspace', `X-Workspace-Id names another workspace than ${whose}.`);
}

function keyOf(request: Request): string | undefined {
  const header = request.get('authorization')?.trim();
  const [scheme, credentials] = header === undefined ? [] : header.split(/\s+/, 2);
  if (scheme?.toLowerCase() === 'bearer') return credentials || undefined;
  if (scheme?.toLowerCase() !== 'basic' || credentials === undefined) return undefined;
  return Buffer.from(credentials, 'base64').toString('utf8').split(':', 1)[0] || undefined;
}
