import { z } from 'zod';

/** A chunk is what one activity sends: about two seconds of the campaign's rate. */
const chunkMs = 2_000;
const maxChunkSize = 2_000;
/** A slice is what is stored and handed over together; between slices a pause takes effect. */
const slicesPerSecond = 4;
const maxSliceSize = 200;
/** What handing over may be behind its time and still make up for it; later than that the time is lost. */
const creditMs = 100;

/** Waits before the later passes, in which emails that servers have put off are tried again; after the last they have bounced. */
export const passDelaysMs: readonly number[] = [60_000, 300_000, 900_000, 3_600_000];

export function chunkSizeOf(ratePerSecond: number): number {
  return Math.min(maxChunkSize, Math.max(1, Math.floor((ratePerSecond * chunkMs) / 1_000)));
}
export function sliceSizeOf(ratePerSecond: number): number {
  return Math.min(maxSliceSize, Math.max(1, Math.floor(ratePerSecond / slicesPerSecond)));
}

/**
 * The moments at which emails may be handed over, so that the rate is neither exceeded nor lost: the time that sending
 * itself takes runs beside the waits and is not added to them.
 */
export class Pace {
  constructor(
    private readonly ratePerSecond: number,
    /** When the next email may go. */
    public nextAtMs: number,
  ) {}

  /** Takes the places of so many emails; returns when they may go. */
  take(emails: number, nowMs: number): number {
    const atMs = Math.max(this.nextAtMs, nowMs - creditMs);
    this.nextAtMs = atMs + this.msOf(emails);
    return atMs;
  }
  /** Of those some were not handed over. */
  giveBack(emails: number): void {
    this.nextAtMs -= this.msOf(emails);
  }

  private msOf(emails: number): number {
    return (emails * 1_000) / this.ratePerSecond;
  }
}

const placeSchema = z.object({
  /** 0: through the contacts of its lists · later ones: through the emails that are not sent yet. */
  pass: z.int(),
  /** The contact, later the email, that was worked off last. */
  afterId: z.string().optional(),
  /** When the next email may go. */
  nextAtMs: z.number().optional(),
});
/** Where a campaign stands. */
export type CampaignPlace = z.infer<typeof placeSchema>;

const soFarSchema = z.object({
  place: placeSchema,
  handedOver: z.int(),
  sent: z.int(),
  skipped: z.int(),
  failed: z.int(),
  retrying: z.int(),
  eventIds: z.array(z.string()),
  bounceKeys: z.array(z.string()),
});
/** What a chunk has come to. */
export type ChunkSoFar = z.infer<typeof soFarSchema>;

export function newChunk(place: CampaignPlace): ChunkSoFar {
  return { place, handedOver: 0, sent: 0, skipped: 0, failed: 0, retrying: 0, eventIds: [], bounceKeys: [] };
}
/** What an earlier try of the chunk has reported; undefined where it came to nothing. */
export function readChunk(reported: unknown): ChunkSoFar | undefined {
  return soFarSchema.safeParse(reported).data;
}
