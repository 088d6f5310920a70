import { Text, Timeline, Title } from '@mantine/core';
import { Time } from '../../../components/time';
import type { EmailDetail } from './types';
import { stepsOf } from './timeline-steps';

/** What happened to an email, in its order. */
export function EmailTimeline({ email }: { email: EmailDetail }) {
  const steps = stepsOf(email);
  return (
    <section aria-labelledby="what-happened">
      <Title order={2} size="h4" mb="sm" id="what-happened">
        What happened
      </Title>
      <Timeline active={steps.length} bulletSize={14} lineWidth={2}>
        {steps.map(({ title, at, color, details }, index) => (
          <Timeline.Item key={index} title={title} {...(color ? { color } : {})}>
            <Text size="sm" c="dimmed" component="div">
              <Time at={at} />
            </Text>
            {details.map((detail, place) => (
              <Text key={place} size="sm" style={{ overflowWrap: 'anywhere' }}>
                {detail}
              </Text>
            ))}
          </Timeline.Item>
        ))}
      </Timeline>
    </section>
  );
}
