import { api, read } from '../../../api/client';
import type { EmailQuery } from './types';

export const loadEmails = (query: EmailQuery) => read(api.GET('/api/v1/emails', { params: { query } }));
export const loadEmail = (id: string) => read(api.GET('/api/v1/emails/{id}', { params: { path: { id } } }));
