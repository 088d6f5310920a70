import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { Page } from '../components/page';
import { Empty } from '../components/states';

export function NotFound() {
  return (
    <Page title="Nothing here">
      <Empty
        title="There is no page at this address"
        action={
          <Button component={Link} to="/">
            Overview
          </Button>
        }
      >
        The link may be old, or a letter of it got lost.
      </Empty>
    </Page>
  );
}
