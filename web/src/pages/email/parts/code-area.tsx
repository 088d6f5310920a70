import { Box, Button, Group, Input, Text } from '@mantine/core';
import { useId, useRef } from 'react';
import { offsetOf } from './text-place';
import classes from './code-area.module.css';

/** Where a text cannot be understood; lines and columns count from 1. */
export interface Mistake {
  detail: string;
  line?: number | undefined;
  column?: number | undefined;
}

interface CodeAreaProps {
  label: string;
  description?: string;
  value: string;
  onChange: (value: string) => void;
  mistake?: Mistake | undefined;
  rows?: number;
  isDisabled?: boolean;
}

/** A text with numbered lines, and the place of its mistake one click away. */
export function CodeArea({ label, description, value, onChange, mistake, rows = 18, isDisabled }: CodeAreaProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLPreElement>(null);
  const lineCount = value.split('\n').length;
  const goTo = ({ line = 1, column = 1 }: Mistake): void => {
    const offset = offsetOf(value, line, column);
    area.current?.focus();
    area.current?.setSelectionRange(offset, offset + 1);
    area.current?.scrollTo({ top: (line - 4) * lineHeight });
  };
  return (
    <Input.Wrapper label={label} description={description} labelProps={{ htmlFor: id }}>
      <Box className={classes['box']} data-wrong={mistake ? true : undefined} mt={4}>
        <pre ref={gutter} className={classes['gutter']} aria-hidden style={{ height: rows * lineHeight + 16 }}>
          {Array.from({ length: lineCount }, (_each, index) => (
            <span key={index} data-wrong={index + 1 === mistake?.line ? true : undefined}>
              {index + 1}
              {'\n'}
            </span>
          ))}
        </pre>
        <textarea
          ref={area}
          id={id}
          className={classes['area']}
          style={{ height: rows * lineHeight + 16 }}
          value={value}
          wrap="off"
          spellCheck={false}
          disabled={isDisabled ?? false}
          aria-invalid={mistake ? true : undefined}
          aria-describedby={mistake ? `${id}-mistake` : undefined}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
          onScroll={({ currentTarget }) => gutter.current?.scrollTo({ top: currentTarget.scrollTop })}
        />
      </Box>
      {mistake ? (
        <Group gap="xs" mt={4} wrap="nowrap" align="flex-start">
          <Text size="sm" c="var(--mantine-color-error)" id={`${id}-mistake`} role="alert">
            {mistake.detail}
          </Text>
          {mistake.line ? (
            <Button size="compact-xs" variant="light" color="red" flex="none" onClick={() => goTo(mistake)}>
              Go to line {mistake.line}
            </Button>
          ) : null}
        </Group>
      ) : null}
    </Input.Wrapper>
  );
}

const lineHeight = 20;
