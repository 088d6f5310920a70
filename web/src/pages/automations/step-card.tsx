import { ActionIcon, Badge, Box, Group, Paper, Text, ThemeIcon, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Node, Place } from './draft';
import { useFlow, type FlowEditing } from './flow-context';
import { StepEditor } from './step-editor';
import { stepIcons } from './step-icons';
import { describe, fieldNames, stepTitles } from './words';

interface StepCardProps {
  node: Node;
  place: Place;
  placeText: string;
  number: string;
  isFirst: boolean;
  isLast: boolean;
}

/** One step: what it does, who stands at it, what is wrong with it; opened, it can be changed. */
export function StepCard(props: StepCardProps) {
  const { node, placeText, number } = props;
  const { names, faults, standing, runsAt, editing } = useFlow();
  const { step, key } = node;
  const StepIcon = stepIcons[step.type];
  const own = faults.get(placeText);
  const here = node.place === undefined ? 0 : (standing.get(node.place) ?? 0);
  const isOpen = editing?.openKey === key;
  const heading = (
    <Box miw={0}>
      <Text fw={600} size="sm">
        {number}. {stepTitles[step.type]}
      </Text>
      <Text size="sm" c="dimmed" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
        {describe(step, names)}
      </Text>
    </Box>
  );
  return (
    <Paper
      className="flow-card"
      withBorder
      p="sm"
      radius="md"
      role="group"
      aria-label={`Step ${number}: ${stepTitles[step.type]}`}
      style={own ? { borderColor: 'var(--mantine-color-red-6)' } : {}}
    >
      <Group wrap="nowrap" gap="sm" align="flex-start">
        <ThemeIcon variant="light" size="lg" radius="md" color={own ? 'red' : 'indigo'}>
          {own ? <IconAlertTriangle size={18} /> : <StepIcon size={18} />}
        </ThemeIcon>
        <Box flex={1} miw={0}>
          {editing ? (
            <UnstyledButton w="100%" aria-expanded={isOpen} onClick={() => editing.toggle(key)}>
              {heading}
            </UnstyledButton>
          ) : (
            heading
          )}
          {here > 0 ? (
            <Badge
              component={Link}
              to={runsAt(node.place ?? '')}
              mt={4}
              variant="light"
              color="blue"
              tt="none"
              style={{ cursor: 'pointer' }}
            >
              {here} here
            </Badge>
          ) : null}
        </Box>
        {editing ? <StepActions {...props} editing={editing} /> : null}
      </Group>
      {editing && isOpen ? (
        <Box mt="sm">
          <StepEditor step={step} faults={own} onChange={(changed) => editing.change(key, changed)} />
        </Box>
      ) : (
        own?.map(({ field, detail }) => (
          <Text
            key={`${field} ${detail}`}
            size="sm"
            c="var(--mantine-color-error)"
            mt={4}
            style={{ overflowWrap: 'anywhere' }}
          >
            {fieldNames[field] ?? field.slice(1).replaceAll('/', '.')}: {detail}
          </Text>
        ))
      )}
    </Paper>
  );
}

function StepActions({ place, number, isFirst, isLast, editing }: StepCardProps & { editing: FlowEditing }) {
  return (
    <Group gap={2} wrap="nowrap">
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Move step ${number} up`}
        disabled={isFirst}
        onClick={() => editing.move(place, -1)}
      >
        <IconArrowUp size={16} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Move step ${number} down`}
        disabled={isLast}
        onClick={() => editing.move(place, 1)}
      >
        <IconArrowDown size={16} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Delete step ${number}`}
        onClick={() => editing.remove(place)}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  );
}
