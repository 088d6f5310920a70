import { Badge, Text } from '@mantine/core';
import { InsertStep } from './insert-step';
import { branchNames, type Branch, type Node, type Place } from './draft';
import { useFlow } from './flow-context';
import { StepCard } from './step-card';
import { numberOf } from './words';
import './flow.css';

/** Steps from top to bottom, joined by lines; branches stand side by side. */
export function Flow({ nodes }: { nodes: readonly Node[] }) {
  return (
    <>
      <StepList nodes={nodes} prefix="" />
      <Text ta="center" size="sm" c="dimmed">
        The run ends
      </Text>
    </>
  );
}

interface StepListProps {
  nodes: readonly Node[];
  /** `2.then.` of the list's places. */
  prefix: string;
  parent?: NonNullable<Place['parent']>;
  label?: string;
}

function StepList({ nodes, prefix, parent, label = 'Steps' }: StepListProps) {
  const placeAt = (index: number): Place => ({ index, ...(parent ? { parent } : {}) });
  return (
    <>
      <ol className="flow-list" aria-label={label}>
        {nodes.map((node, index) => (
          <li key={node.key}>
            <Edge
              place={placeAt(index)}
              text={index === 0 ? atStart(label) : `after step ${named(prefix, index - 1)}`}
            />
            <StepCard
              node={node}
              place={placeAt(index)}
              placeText={`${prefix}${index}`}
              number={named(prefix, index)}
              isFirst={index === 0}
              isLast={index === nodes.length - 1}
            />
            {node.branches ? <Branches node={node} prefix={`${prefix}${index}.`} /> : null}
          </li>
        ))}
      </ol>
      <Edge
        place={placeAt(nodes.length)}
        text={nodes.length === 0 ? atStart(label) : `after step ${named(prefix, nodes.length - 1)}`}
      />
    </>
  );
}

function atStart(label: string): string {
  return label === 'Steps' ? 'at the start' : `at the start of ${label}`;
}

function named(prefix: string, index: number): string {
  return numberOf(`${prefix}${index}`);
}

function Branches({ node, prefix }: { node: Node; prefix: string }) {
  return (
    <div className="flow-split">
      <div className="flow-edge" aria-hidden="true" />
      <div className="flow-branches">
        {branchNames.map((branch) => (
          <div key={branch} className="flow-branch">
            <div className="flow-edge">
              <Badge variant="default" tt="none">
                {wordsOf(node, branch)}
              </Badge>
            </div>
            <StepList
              nodes={node.branches?.[branch] ?? []}
              prefix={`${prefix}${branch}.`}
              parent={{ key: node.key, branch }}
              label={`step ${numberOf(prefix.slice(0, -1))}, ${branch}`}
            />
          </div>
        ))}
      </div>
    </div>
  );
}

function wordsOf({ step }: Node, branch: Branch): string {
  if (step.type === 'waitForEmail') return branch === 'then' ? `then: ${step.event}` : 'else: not in time';
  return branch === 'then' ? 'then: it holds' : 'else';
}

function Edge({ place, text }: { place: Place; text: string }) {
  const { editing } = useFlow();
  return (
    <div className="flow-edge">
      {editing ? <InsertStep label={`Add a step ${text}`} onChoose={(type) => editing.insert(place, type)} /> : null}
    </div>
  );
}
