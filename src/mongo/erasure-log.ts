import type { ErasedPage, PersonalData } from '../../activities/erase-contact';
import type { Person } from '../../domain/erasure';
import type { Stores } from './stores';

/** What the removal of a person reads and writes, over the stores that hold it. */
export function createErasureLog({
  erasures,
  personalData: data,
  runs,
}: Pick<Stores, 'erasures' | 'personalData' | 'runs'>): PersonalData {
  const kinds: Record<string, (person: Person, after: string | undefined) => Promise<ErasedPage>> = {
    messages: (person, after) => data.messages(person, after),
    // After the messages that have an outcome: one that gets it meanwhile is found in the next pass.
    received: (person, after) => data.looseMessages('received', person, after),
    waiting: (person, after) => data.looseMessages('waiting', person, after),
    unresolved: (person, after) => data.looseMessages('unresolved', person, after),
    failed: (person, after) => data.looseMessages('failed', person, after),
    runs: (person, after) => data.runs(person, after),
    emails: (person, after) => data.emails(person, after),
    emailsTo: (person) => data.emailsTo(person),
    waiters: (person) => data.waiting(person),
    rejections: (person, after) => data.refused(person, after),
    answers: (person, after) => data.keptAnswers(person, after),
    importLines: (person) => data.importLines(person),
    signups: (person) => data.signups(person),
    mails: (person) => data.mails(person),
  };
  return {
    kinds: Object.keys(kinds),
    begin: (contactId, nowMs) => erasures.begin(contactId, new Date(nowMs)),
    async erase(kind, person, { after }) {
      // A kind that an older version of the program knew.
      return (await kinds[kind]?.(person, after)) ?? { counts: {} };
    },
    events: (person, after) => data.events(person, after),
    eraseEvents: (eventIds, deliveryIds, nowMs) => data.eraseEvents(eventIds, deliveryIds, new Date(nowMs)),
    running: (contactId) => runs.runningOf([contactId]),
    count: (contactId, removed) => erasures.count(contactId, removed),
    end: (contactId, nowMs) => erasures.end(contactId, new Date(nowMs)),
  };
}
