/**
 * Every id of the product. Stored things have a type prefix and 24 hex digits; a workflow id is also the key that
 * keeps one thing from running twice. None carries an email address or other personal data.
 */
export const idPrefixes = {
  workspace: 'ws',
  contact: 'con',
  list: 'lst',
  automation: 'aut',
  automationRun: 'run',
  endpoint: 'whe',
  event: 'evt',
  delivery: 'dlv',
  apiKey: 'key',
  rejection: 'rej',
  template: 'tpl',
  campaign: 'cmp',
  email: 'eml',
  emailEvent: 'emv',
  sendingDomain: 'dom',
  mailboxMail: 'mbx',
  provider: 'prv',
  import: 'imp',
  form: 'frm',
  signup: 'sgn',
  listener: 'lsn',
  listenerRequest: 'lrq',
  person: 'per',
  credential: 'crd',
  session: 'ses',
  invitation: 'inv',
  share: 'shr',
} as const;
export type IdKind = keyof typeof idPrefixes;

/** `con_65f0…`: the prefix of the kind, and 24 hex digits that the caller draws (domain/ has no randomness). */
export function makeId(kind: IdKind, hex24: string): string {
  return `${idPrefixes[kind]}_${hex24}`;
}

/** Whether a text could be an id of that kind; used to answer 404 for anything else without asking the database. */
export function isId(kind: IdKind, text: string): boolean {
  return text.startsWith(`${idPrefixes[kind]}_`) && /^[0-9a-f]{24}$/.test(text.slice(idPrefixes[kind].length + 1));
}

const plainMessageId = /^[\w.:-]{1,100}$/;

/**
 * The key of a message: `<workspaceId>/<messageId>`, the inbox's `_id` and the tail of its workflow id. A messageId
 * that would not read well there (spaces, slashes, too long) is replaced by its SHA-256.
 */
export function messageKey(workspaceId: string, messageId: string, sha256Hex: (text: string) => string): string {
  return `${workspaceId}/${plainMessageId.test(messageId) ? messageId : `sha256:${sha256Hex(messageId)}`}`;
}

/** Deduplicates a run: one automation runs once for one contact and one message. Also the run's `_id`. */
export function automationRunKey(run: { automationId: string; contactId: string; messageKey: string }): string {
  return `${run.automationId}/${run.contactId}/${run.messageKey.slice(run.messageKey.indexOf('/') + 1)}`;
}

/**
 * The id of an email that one cause sends to one contact once: the same cause and contact give the same id, so that a
 * redo meets the row which the first try has written. `digestHex` is keyed: recipients know the ids that go in, and what
 * names an email is believed in mailed reports.
 */
export function emailIdOf(cause: string, contactId: string, digestHex: (text: string) => string): string {
  return makeId('email', digestHex(`${cause} ${contactId}`).slice(0, 24));
}

/** The email.delivered event of an email, of which there is one: so that many rows can be told of theirs in one write. */
export function deliveredEventIdOf(emailId: string): string {
  return makeId('event', emailId.slice(idPrefixes.email.length + 1));
}

/** Workflow ids, one for each Workflow Type. */
export const workflowIds = {
  /** One identify, once. */
  contactUpsert: (messageKey: string): string => `identify/${messageKey}`,
  /** One track, once. */
  customEvent: (messageKey: string): string => `track/${messageKey}`,
  /** One ordered group of messages. */
  ingestBatch: (groupId: string): string => `batch/${groupId}`,
  /** One automation for one contact and one message. */
  automationRun: (runKey: string): string => `automation/${runKey}`,
  /** One event to one endpoint, over all rounds and retriggers: a new run of the same id, never a second workflow. */
  webhookDelivery: (delivery: { endpointId: string; eventId: string }): string =>
    `delivery/${delivery.endpointId}/${delivery.eventId}`,
  /** First attempts at one endpoint that its groups could not finish at once: the endpoint's slow lane. */
  webhookDispatch: (endpointId: string): string => `dispatch/${endpointId}`,
  /** Deliveries of one endpoint that failed together; `groupId` names what they failed in. */
  webhookRetryGroup: (group: { endpointId: string; groupId: string }): string =>
    `retry-group/${group.endpointId}/${group.groupId}`,
  /** One recovery of an endpoint's failures since a moment; asking twice joins the one that runs. */
  webhookRecovery: (recovery: { endpointId: string; since: string }): string =>
    `recovery/${recovery.endpointId}/${recovery.since}`,
  /** Telling an endpoint's open deliveries that it was resumed or deleted. */
  endpointNotice: (notice: { endpointId: string; kind: 'resume' | 'cancel'; since: Date }): string =>
    `${notice.kind}/${notice.endpointId}/${notice.since.getTime()}`,
  /** Opens, clicks, unsubscribes, bounces and complaints: one by its key, many by the id of their group. */
  emailEvent: (keyOrGroupId: string): string => `email-event/${keyOrGroupId}`,
  /** One email that no campaign sends. */
  emailSend: (emailId: string): string => `email/${emailId}`,
  /** One campaign, over all its pauses. */
  campaignSend: (campaignId: string): string => `campaign/${campaignId}`,
  contactImport: (importId: string): string => `import/${importId}`,
  contactErase: (contactId: string): string => `erase/${contactId}`,
  sweep: 'sweep',
} as const;
