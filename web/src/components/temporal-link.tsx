import { Anchor, Button } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';

const opensAside = { target: '_blank', rel: 'noreferrer' };

/** Into the Temporal Web UI, where there is one. */
export function TemporalLink({ url, label }: { url: string | null; label: string }) {
  if (url === null) return null;
  return (
    <Anchor href={url} {...opensAside} size="sm">
      {label} <IconExternalLink size={14} aria-label="in the Temporal Web UI" style={{ verticalAlign: 'middle' }} />
    </Anchor>
  );
}

/** The same among the buttons of a page. */
export function TemporalButton({ url }: { url: string | null | undefined }) {
  if (!url) return null;
  return (
    <Button variant="default" component="a" href={url} {...opensAside} rightSection={<IconExternalLink size={16} />}>
      Workflow in Temporal
    </Button>
  );
}
