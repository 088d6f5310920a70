import { claimLeaseMs } from '../mongo/emails';

/** Longer than mailers take to renew their claims, or to write what servers have said. */
export const reclaimEveryMs = 30_000;

export interface ReclaimingDeps {
  reclaim: (before: Date) => Promise<unknown>;
  ping: () => Promise<void>;
  now: () => number;
  onFailure: (error: unknown) => void;
}

/**
 * Looks for what dead mailers had under way. Not on the first word of a MongoDB that was away: mailers that live could
 * not renew their claims either, and what their servers have taken meanwhile is written only now.
 */
export function createReclaiming({ reclaim, ping, now, onFailure }: ReclaimingDeps): () => Promise<void> {
  let wasThere = false;
  return async () => {
    const mayReclaim = wasThere;
    wasThere = false;
    try {
      await (mayReclaim ? reclaim(new Date(now() - claimLeaseMs)) : ping());
      wasThere = true;
    } catch (error) {
      onFailure(error);
    }
  };
}
