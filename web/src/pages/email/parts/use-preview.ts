import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../../api/client';
import type { Content } from './content';
import { previewValues, type Sample } from './sample';

/** Typing goes on without a call for each key. */
const pauseMs = 350;

/** How content looks to somebody, made by the server; the last one that could be made stays while it is broken. */
export function usePreview(content: Content, sample: Sample) {
  const [asked] = useDebouncedValue({ content, sample }, pauseMs);
  const { data, error } = useQuery({
    queryKey: ['preview', asked],
    queryFn: () => {
      const { subject, html, preheader, text } = asked.content;
      const body = {
        // What is not written yet is no mistake.
        ...{ subject: subject.trim() || '(no subject yet)', html: html || '<p></p>', ...previewValues(asked.sample) },
        ...(preheader === '' ? {} : { preheader }),
        ...(text === '' ? {} : { text }),
      };
      return read(api.POST('/api/v1/templates/preview', { body }));
    },
    retry: false,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const [last, setLast] = useState(data);
  if (data && data !== last) setLast(data);
  return { data: data ?? last, error };
}
