import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { stepTypes } from './draft';
import type { Step } from './queries';
import { stepIcons } from './step-icons';
import { stepHints, stepTitles } from './words';

/** The plus on a line of the flow: what can be put there. */
export function InsertStep({ label, onChoose }: { label: string; onChoose: (type: Step['type']) => void }) {
  return (
    <Menu position="bottom" width={280} returnFocus={false}>
      <Menu.Target>
        <ActionIcon variant="default" radius="xl" size="sm" aria-label={label} title={label}>
          <IconPlus size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown aria-label={label}>
        {stepTypes.map((type) => {
          const StepIcon = stepIcons[type];
          return (
            <Menu.Item key={type} leftSection={<StepIcon size={18} />} onClick={() => onChoose(type)}>
              {stepTitles[type]}
              <Text size="xs" c="dimmed" component="div">
                {stepHints[type]}
              </Text>
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
