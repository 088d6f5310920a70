import { Anchor } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';

/** Into the Temporal Web UI, where there is one. */
export function TemporalLink({ url, label }: { url: string | null; label: string }) {
  if (url === null) return null;
  return (
    <Anchor href={url} target="_blank" rel="noreferrer" size="sm">
      {label} <IconExternalLink size={14} aria-label="in the Temporal Web UI" style={{ verticalAlign: 'middle' }} />
    </Anchor>
  );
}
