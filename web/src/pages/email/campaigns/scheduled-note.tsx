import { Alert } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Countdown, Time } from '../../../components/time';
import type { Campaign } from './types';

const lookEveryMs = 5_000;

/** When it begins. It begins by itself: the page looks now and then whether it has. */
export function ScheduledNote({ campaign: { id, scheduledAt } }: { campaign: Campaign }) {
  const queries = useQueryClient();
  useEffect(() => {
    const look = () => void queries.invalidateQueries({ queryKey: ['campaign', id], exact: true });
    const timer = setInterval(look, lookEveryMs);
    return () => clearInterval(timer);
  }, [id, queries]);
  if (scheduledAt === null) return null;
  return (
    <Alert color="blue" variant="light" title="Scheduled">
      It begins <Countdown until={scheduledAt} />: <Time at={scheduledAt} />. Until then it can be changed; whoever is
      on its lists at that moment gets it.
    </Alert>
  );
}
