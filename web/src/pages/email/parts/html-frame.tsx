import { Box, Group, SegmentedControl } from '@mantine/core';
import { useState } from 'react';

const widths = { desktop: '100%', phone: 390 } as const;

/**
 * An email as a mail program shows it. The empty sandbox keeps scripts, forms, pop-ups and this page out of its reach,
 * whatever its author has put in.
 */
export function HtmlFrame({ html, title, height = 560 }: { html: string; title: string; height?: number }) {
  const [width, setWidth] = useState<keyof typeof widths>('desktop');
  return (
    <Box>
      <Group justify="flex-end" mb="xs">
        <SegmentedControl
          size="xs"
          aria-label="Width of the preview"
          value={width}
          onChange={(value) => setWidth(value === 'phone' ? 'phone' : 'desktop')}
          data={[
            { value: 'desktop', label: 'Desktop' },
            { value: 'phone', label: 'Phone' },
          ]}
        />
      </Group>
      <Box
        bd="1px solid var(--mantine-color-default-border)"
        bdrs="md"
        bg="white"
        mx="auto"
        w={widths[width]}
        maw="100%"
        style={{ overflow: 'hidden' }}
      >
        <iframe
          sandbox=""
          srcDoc={html}
          title={title}
          referrerPolicy="no-referrer"
          tabIndex={0}
          style={{ display: 'block', width: '100%', height, border: 0, background: 'white', colorScheme: 'light' }}
        />
      </Box>
    </Box>
  );
}
