import { contentBody, type Content } from '../parts/content';
import { blank } from '../templates/starter';
import type { Campaign } from './types';
import { fromLocalInput, toLocalInput } from './schedule';

/** A campaign as it is written, before it begins. */
export interface Draft extends Content {
  name: string;
  source: 'template' | 'own';
  templateId: string | null;
  listIds: string[];
  from: string;
  ratePerSecond: number | string;
  when: 'now' | 'later';
  /** As the input of a date and time has it. */
  at: string;
}

export const newDraft: Draft = {
  ...{ name: '', subject: '', preheader: '', html: blank.html, text: '' },
  ...{ source: 'own', templateId: null, listIds: [], from: '', ratePerSecond: 100, when: 'now', at: '' },
};

export function draftOf(campaign: Campaign): Draft {
  const { name, subject, preheader, html, text, templateId, listIds, from, ratePerSecond, scheduledAt } = campaign;
  return {
    ...{ name, subject, preheader: preheader ?? '', html: html ?? blank.html, text: text ?? '' },
    ...{ source: templateId === null ? 'own' : 'template', templateId, listIds, from: from ?? '', ratePerSecond },
    ...{ when: scheduledAt === null ? 'now' : 'later', at: toLocalInput(scheduledAt) },
  };
}

/** The fields that POST and PATCH share. */
export function bodyOf(draft: Draft) {
  const { name, source, templateId, listIds, from, ratePerSecond } = draft;
  const { subject, preheader, html, text } = contentBody(draft);
  return {
    ...{ name, subject, preheader, listIds },
    ...(source === 'template' ? { templateId: templateId ?? '' } : { html, text }),
    from: from.trim() === '' ? null : from.trim(),
    ratePerSecond: Number(ratePerSecond),
    scheduledAt: draft.when === 'later' ? fromLocalInput(draft.at) : null,
  };
}

/** What is missing before it can go out; undefined where nothing is. */
export function missingIn(draft: Draft): string | undefined {
  if (draft.name.trim() === '') return 'Give it a name first.';
  if (draft.subject.trim() === '') return 'Write its subject first.';
  if (draft.source === 'template' && draft.templateId === null) return 'Choose its template first.';
  if (draft.source === 'own' && draft.html.trim() === '') return 'Write its HTML first.';
  if (draft.listIds.length === 0) return 'Choose a list first.';
  if (draft.when === 'later' && fromLocalInput(draft.at) === null) return 'Choose when it is to begin.';
  return undefined;
}
