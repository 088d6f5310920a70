import { Tabs } from '@mantine/core';
import { useNavigate, useParams } from 'react-router';
import { CopyText } from '../../components/copy';
import { endpointName } from '../../components/endpoint-name';
import { Page } from '../../components/page';
import { Loaded } from '../../components/states';
import { EndpointActions } from './endpoint-actions';
import { EndpointOverview } from './endpoint-overview';
import { EndpointSettings } from './endpoint-settings';
import { RecoverEndpoint } from './recover-endpoint';
import { TestEndpoint } from './test-endpoint';
import { VerifyWebhooks } from './verify-webhooks';
import { useEndpoint, type Endpoint } from './queries';

const tabs = {
  overview: { label: 'Overview', Panel: EndpointOverview },
  settings: { label: 'Settings', Panel: EndpointSettings },
  test: { label: 'Test', Panel: TestEndpoint },
  verify: { label: 'Verify', Panel: VerifyWebhooks },
  recover: { label: 'Recover', Panel: RecoverEndpoint },
} satisfies Record<string, { label: string; Panel: (props: { endpoint: Endpoint }) => React.ReactNode }>;
type TabName = keyof typeof tabs;

export function EndpointPage() {
  const { id = '', tab } = useParams();
  const query = useEndpoint(id);
  const back = { to: '/settings/webhooks', label: 'Webhooks' };
  if (!query.data) {
    return (
      <Page title="Webhook" back={back}>
        <Loaded query={query}>{() => null}</Loaded>
      </Page>
    );
  }
  return <EndpointTabs endpoint={query.data} active={isTab(tab) ? tab : 'overview'} back={back} />;
}

function EndpointTabs({
  endpoint,
  active,
  back,
}: {
  endpoint: Endpoint;
  active: TabName;
  back: { to: string; label: string };
}) {
  const navigate = useNavigate();
  const { id, url } = endpoint;
  const { Panel } = tabs[active];
  return (
    <Page
      title={endpointName(endpoint)}
      back={back}
      about={
        <>
          <CopyText value={url} label="URL" />
          <CopyText value={id} label="endpoint id" />
        </>
      }
      actions={<EndpointActions endpoint={endpoint} />}
    >
      <Tabs
        value={active}
        onChange={(name) => void navigate(`/settings/webhooks/${id}/${name ?? ''}`, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List aria-label="Webhook">
          {Object.entries(tabs).map(([name, { label }]) => (
            <Tabs.Tab key={name} value={name}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={active} pt="md">
          <Panel endpoint={endpoint} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function isTab(name: string | undefined): name is TabName {
  return name !== undefined && Object.hasOwn(tabs, name);
}
