import { Anchor, Badge, Group, Progress, Text, Timeline } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import {
  IconArrowsSplit2,
  IconClock,
  IconFlag,
  IconMail,
  IconStack2,
  IconWebhook,
  type Icon,
} from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import type { Position } from './queries';
import { shownAt } from './simulation';
import { Time } from '../../components/time';
import { numberOf } from './words';

interface Item {
  at: string;
  kind: 'step' | 'email' | 'webhook-attempt' | 'wait' | 'branch' | 'end';
  position: Position | null;
  text: string;
  subject?: string;
  templateId?: string;
}

const playMs = 2_000;
const icons: Record<Item['kind'], Icon> = {
  step: IconStack2,
  email: IconMail,
  'webhook-attempt': IconWebhook,
  wait: IconClock,
  branch: IconArrowsSplit2,
  end: IconFlag,
};
const words: Record<Item['kind'], string> = {
  step: 'step',
  email: 'email',
  'webhook-attempt': 'webhook',
  wait: 'wait',
  branch: 'branch',
  end: 'end',
};

/** The dated list, which plays in two seconds; at once for those who want no motion. */
export function SimulatedTimeline({ items }: { items: readonly Item[] }) {
  const isStill = useReducedMotion(undefined, { getInitialValueInEffect: false });
  const shareOver = usePlay(isStill);
  if (items.length === 0) return null;
  const shown = items.slice(0, shownAt(shareOver, items.length));
  return (
    <>
      <Progress value={shareOver * 100} size="xs" aria-label="Played" />
      <Timeline bulletSize={24} lineWidth={2} aria-label="What would happen">
        {shown.map((item, index) => {
          const ItemIcon = icons[item.kind];
          return (
            <Timeline.Item
              key={index}
              bullet={<ItemIcon size={14} />}
              title={
                <Group gap="xs">
                  <Time at={item.at} />
                  <Badge variant="default" tt="none">
                    {item.position ? `${numberOf(item.position.join('.'))} · ` : ''}
                    {words[item.kind]}
                  </Badge>
                  <Text span size="xs" c="dimmed">
                    {since(items[0]?.at ?? item.at, item.at)}
                  </Text>
                </Group>
              }
            >
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {item.text}
                {item.subject === undefined ? null : (
                  <>
                    {': “'}
                    <b>{item.subject}</b>
                    {'” '}
                    <Anchor component={Link} to={`/templates/${item.templateId ?? ''}`} size="sm">
                      template
                    </Anchor>
                  </>
                )}
              </Text>
            </Timeline.Item>
          );
        })}
      </Timeline>
    </>
  );
}

/** How much of the play is over, from 0 to 1. */
function usePlay(isStill: boolean): number {
  const [shareOver, setShareOver] = useState(0);
  useEffect(() => {
    if (isStill) return;
    const beganMs = performance.now();
    let frame = requestAnimationFrame(function look(nowMs) {
      const share = Math.min(1, Math.max(0, (nowMs - beganMs) / playMs));
      setShareOver(share);
      if (share < 1) frame = requestAnimationFrame(look);
    });
    return () => cancelAnimationFrame(frame);
  }, [isStill]);
  return isStill ? 1 : shareOver;
}

/** "+3 d 2 h": how long after the start. */
function since(start: string, at: string): string {
  const seconds = Math.round((Date.parse(at) - Date.parse(start)) / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const shown = parts.filter(([amount]) => amount > 0).slice(0, 2);
  return shown.length === 0 ? 'at once' : `+${shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ')}`;
}
