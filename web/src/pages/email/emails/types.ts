import type { operations } from '../../../api/schema';

export type EmailQuery = NonNullable<operations['getEmails']['parameters']['query']>;
export type Email = operations['getEmails']['responses'][200]['content']['application/json']['data'][number];
export type EmailDetail = operations['getEmailsId']['responses'][200]['content']['application/json'];
