/** How fast a stream posts. Rates and clients count HTTP posts; a batch body is one post. */
export type Pace =
  /** A post is due at fixed moments, whatever became of the ones before; latencies count from those moments. */
  | { kind: 'open'; perSecond: number; durationMs: number }
  /** Each client posts again when its last post was answered, or every so often if that is later. */
  | { kind: 'closed'; clients: number; durationMs: number; maxPosts?: number; everyMs?: number };

/** Events of one workspace: who sends them, how fast, how large, and which endpoints have to get them. */
export interface Stream {
  /** Streams of one name are alike and are reported as one. */
  name: string;
  apiKey: string;
  /** Paths of the receiver; each event of the stream is to arrive at each of them. */
  endpoints: string[];
  pace: Pace;
  /** About how large the traits of an identify are. */
  traitsBytes: number;
  /** 1 posts single events, more posts batch bodies. */
  eventsPerPost: number;
  /** Where this is, each event is a click on a link in one of these emails, and no post. */
  clicks?: Clicks;
}
export interface Clicks {
  emailIds: string[];
  /** The product's, which links are signed with. */
  encryptionKey: string;
}

/** What the client is to send at one time, and when it may stop waiting for the webhooks. */
export interface Load {
  gatewayUrl: string;
  streams: Stream[];
  /** Given up when nothing has come for this long: longer than the longest wait of the retry timeline. */
  quietMs: number;
  /** How long to listen on after the last missing webhook has come: for what comes twice. */
  listenOnMs: number;
  /** Refused and failed posts are made again with the same messageId, as a CDP does. */
  repeatsPosts: boolean;
}

/** What became of a stream's events. Times are in ms since the epoch; an event that was not accepted has NaN. */
export interface StreamOutcome {
  name: string;
  sent: number;
  accepted: number;
  /** Never answered with a 2xx. */
  refused: number;
  /** Posts that were answered with another status than 2xx or not at all, also those that were repeated. */
  failedPosts: number;
  /** Webhooks expected for accepted events that never came. */
  lost: number;
  /** Events that made a second effect: they arrived under two webhook-ids. */
  doubled: number;
  /** Requests that brought once more what this endpoint had taken already, under the same webhook-id. */
  repeated: number;
  /** Share of webhooks that an endpoint got after a webhook of a younger event. */
  outOfOrderShare: number;
  /** For each event. */
  dueAtMs: Float64Array;
  ackedAtMs: Float64Array;
  /** For each webhook that was taken: when its event was due, when it was acknowledged, and when the webhook came. */
  deliveryDueAtMs: Float64Array;
  deliveryAckedAtMs: Float64Array;
  deliveredAtMs: Float64Array;
}
