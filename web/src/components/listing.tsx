import { Anchor, Box, Button, Center, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Empty, ErrorNote, SkeletonRows } from './states';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  width?: number | string;
  align?: 'left' | 'right';
  /** Left out on a phone. */
  isMinor?: boolean;
}

/** On a phone a table is pushed aside in its box, rather than its words broken letter by letter. */
const minWidth = 84;

interface ListingProps<Row extends { id: string }> {
  /** What the rows are, for screen readers: "Deliveries". */
  label: string;
  /** From usePages, or any query with its rows. */
  list: {
    rows: Row[] | undefined;
    query: {
      error: unknown;
      refetch: () => unknown;
      isPlaceholderData?: boolean;
      hasNextPage?: boolean;
      isFetchingNextPage?: boolean;
      fetchNextPage?: () => unknown;
    };
  };
  columns: Column<Row>[];
  /** The page of a row. Its first column becomes the link. */
  href?: (row: Row) => string;
  /** Where nothing is there at all. */
  empty: ReactNode;
  /** Where filters leave nothing: how to take them away. Absent while no filter is set. */
  onClearFilters?: (() => void) | undefined;
}

/** A list of the API as a table, in all its states: loading, failed, empty, nothing matches, rows, more rows. */
export function Listing<Row extends { id: string }>(props: ListingProps<Row>) {
  const { label, list, columns, href, empty, onClearFilters } = props;
  const { rows, query } = list;
  if (rows === undefined) {
    return query.error ? <ErrorNote error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows />;
  }
  if (rows.length === 0) return onClearFilters ? <NoMatch onClear={onClearFilters} /> : empty;
  return (
    <>
      {query.error ? <ErrorNote error={query.error} onRetry={() => void query.refetch()} /> : null}
      <Box
        style={{ overflowX: 'auto', opacity: query.isPlaceholderData ? 0.5 : 1 }}
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        <Table verticalSpacing="xs" aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {columns.map(({ title, width, align, isMinor }) => (
                <Table.Th
                  key={title}
                  w={width}
                  miw={width ?? minWidth}
                  ta={align ?? 'left'}
                  {...(isMinor ? { visibleFrom: 'sm' } : {})}
                >
                  {title}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.id} className={href ? 'row-link' : ''}>
                {columns.map(({ title, cell, align, isMinor }, index) => (
                  <Table.Td key={title} ta={align ?? 'left'} {...(isMinor ? { visibleFrom: 'sm' } : {})}>
                    {href && index === 0 ? (
                      <Anchor component={Link} to={href(row)} inherit>
                        {cell(row)}
                      </Anchor>
                    ) : (
                      cell(row)
                    )}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
      {query.hasNextPage ? (
        <Center mt="md">
          <Button
            variant="default"
            loading={query.isFetchingNextPage ?? false}
            onClick={() => void query.fetchNextPage?.()}
          >
            Show more
          </Button>
        </Center>
      ) : null}
    </>
  );
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <Empty
      title="Nothing matches"
      action={
        <Button variant="light" onClick={onClear} mt="xs">
          Clear filters
        </Button>
      }
    >
      <Text inherit>The filters leave nothing over.</Text>
    </Empty>
  );
}
