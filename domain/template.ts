import { z } from 'zod';
import type { EmailContent } from './email';

/** What content may be long: far more than mail clients show, far less than the database takes in one document. */
export const contentLimits = { subject: 500, preheader: 500, html: 500_000, text: 200_000 } as const;

/** The parts of an email's content that are rendered for each recipient. */
export const contentFields = ['subject', 'preheader', 'html', 'text'] as const satisfies (keyof EmailContent)[];
export type ContentField = (typeof contentFields)[number];

const part = (field: ContentField) =>
  z
    .string({ error: 'must be a text' })
    .max(contentLimits[field], { error: `must have at most ${contentLimits[field]} characters` });

/** The fields of a body that brings content along. Liquid in all of them. */
export const contentShape = {
  subject: part('subject')
    .trim()
    .min(1, { error: 'must not be empty' })
    .describe('Liquid, such as Welcome, {{ contact.firstName }}'),
  preheader: part('preheader').describe('The preview that inboxes show after the subject'),
  html: part('html').min(1, { error: 'must not be empty' }).describe('Liquid; values are escaped unless `| raw`'),
  text: part('text').describe('The text part; made from the HTML where it is absent'),
} as const;

/** Where content cannot be parsed or rendered, and why. Lines and columns count from 1. */
export interface ContentProblem {
  field: ContentField;
  line: number;
  column: number;
  message: string;
}

/** `html, line 3, column 7: …` */
export function describeContentProblem({ field, line, column, message }: ContentProblem): string {
  return `${field}, line ${line}, column ${column}: ${message}`;
}

/** Content that is kept under a name. */
export interface Template extends EmailContent {
  id: string;
  workspaceId: string;
  name: string;
  createdAtMs: number;
  updatedAtMs: number;
}
