import type { Command } from './command';

/** A command before it is loaded: what it needs is read only when it runs. */
export interface CommandEntry {
  name: string;
  summary: string;
  load: () => Promise<Command>;
}

export const registry: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'prepare MongoDB and Temporal, make the first workspace and its key',
    load: async () => (await import('./commands/init.js')).init,
  },
  {
    name: 'doctor',
    summary: 'what is wrong with this installation, and what to do',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  {
    name: 'demo',
    summary: 'a tour with real data, and its four links',
    load: async () => (await import('./commands/demo.js')).demo,
  },
  {
    name: 'listen',
    summary: 'webhooks to a server on this machine, without a tunnel',
    load: async () => (await import('./commands/listen.js')).listen,
  },
  {
    name: 'deliveries list',
    summary: 'the delivery log, with the next attempts',
    load: async () => (await import('./commands/deliveries-list.js')).deliveriesList,
  },
  {
    name: 'deliveries show',
    summary: 'one delivery with its timeline and its last answer',
    load: async () => (await import('./commands/deliveries-show.js')).deliveriesShow,
  },
  {
    name: 'deliveries retry',
    summary: 'attempt deliveries now',
    load: async () => (await import('./commands/deliveries-act.js')).deliveriesRetry,
  },
  {
    name: 'deliveries cancel',
    summary: 'make no further attempts at deliveries',
    load: async () => (await import('./commands/deliveries-act.js')).deliveriesCancel,
  },
  {
    name: 'events list',
    summary: 'what was received, newest first',
    load: async () => (await import('./commands/events-list.js')).eventsList,
  },
  {
    name: 'events tail',
    summary: 'what is received, as it comes',
    load: async () => (await import('./commands/events-tail.js')).eventsTail,
  },
  {
    name: 'events show',
    summary: 'the trace of one event: what became of it, and why',
    load: async () => (await import('./commands/events-show.js')).eventsShow,
  },
  {
    name: 'events why',
    summary: 'why something happened, or did not, in words',
    load: async () => (await import('./commands/events-why.js')).eventsWhy,
  },
  {
    name: 'contacts show',
    summary: 'one contact by address or id, with what happened lately',
    load: async () => (await import('./commands/contacts-show.js')).contactsShow,
  },
  {
    name: 'api',
    summary: 'any other call of the API: all that the dashboard can do',
    load: async () => (await import('./commands/api.js')).api,
  },
];
