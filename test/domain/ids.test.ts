import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { automationRunKey, idPrefixes, isId, makeId, messageKey, workflowIds, type IdKind } from '../../domain/ids';

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const hex24 = '0123456789abcdef01234567';
const kinds = Object.keys(idPrefixes).filter((kind): kind is IdKind => Object.hasOwn(idPrefixes, kind));

describe('ids', () => {
  test.each(kinds)('of a %s begin with their prefix and are known as such', (kind) => {
    const id = makeId(kind, hex24);
    expect(id).toBe(`${idPrefixes[kind]}_${hex24}`);
    expect(isId(kind, id)).toBe(true);
    for (const other of kinds) if (other !== kind) expect(isId(other, id)).toBe(false);
  });

  test.each([
    ['con_'],
    [`con_${hex24}0`],
    [`con_${hex24.slice(1)}`],
    [`con_${hex24.toUpperCase()}`],
    [hex24],
    [''],
    [`con_${hex24}\n`],
  ])('%j is no id of a contact', (text) => {
    expect(isId('contact', text)).toBe(false);
  });

  it('have a prefix of their own for each kind', () => {
    expect(new Set(Object.values(idPrefixes)).size).toBe(kinds.length);
  });
});

describe('messageKey', () => {
  test.each([
    ['ajs-f8ca1e4d', 'ajs-f8ca1e4d'],
    ['022bb90c-bbac-11e4-8dfc-aa07a5b093db', '022bb90c-bbac-11e4-8dfc-aa07a5b093db'],
    ['a.b:c_d-e', 'a.b:c_d-e'],
    ['x'.repeat(100), 'x'.repeat(100)],
  ])('keeps %j readable', (messageId, tail) => {
    expect(messageKey('ws_1', messageId, sha256Hex)).toBe(`ws_1/${tail}`);
  });

  test.each([
    ['with space'],
    ['a/b'],
    ['x'.repeat(101)],
    ['ünïcode'],
    ['morgan@acme.com'],
    ['a\nb'],
    ['a\n'],
    ['\u0000'],
    ['%2F'],
  ])('hashes %j', (messageId) => {
    expect(messageKey('ws_1', messageId, sha256Hex)).toBe(`ws_1/sha256:${sha256Hex(messageId)}`);
  });

  it('is bounded, has exactly one slash, and differs for different messages', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ minLength: 1, unit: 'binary' }), (a, b) => {
        const key = messageKey('ws_1', a, sha256Hex);
        expect(key).toMatch(/^ws_1\/[\w.:-]{1,100}$/);
        expect(key === messageKey('ws_1', b, sha256Hex)).toBe(a === b);
      }),
    );
  });

  it('keeps workspaces apart', () => {
    expect(messageKey('ws_1', 'm', sha256Hex)).not.toBe(messageKey('ws_2', 'm', sha256Hex));
  });
});

describe('workflow ids', () => {
  it('are the table of the design', () => {
    expect(workflowIds.contactUpsert('ws_1/m')).toBe('identify/ws_1/m');
    expect(workflowIds.customEvent('ws_1/m')).toBe('track/ws_1/m');
    expect(workflowIds.ingestBatch('g')).toBe('batch/g');
    expect(workflowIds.automationRun('aut_1/con_1/m')).toBe('automation/aut_1/con_1/m');
    expect(workflowIds.webhookDelivery({ endpointId: 'whe_1', eventId: 'evt_1' })).toBe('delivery/whe_1/evt_1');
    expect(workflowIds.webhookRecovery({ endpointId: 'whe_1', since: '2026' })).toBe('recovery/whe_1/2026');
    expect(workflowIds.endpointNotice({ endpointId: 'whe_1', kind: 'cancel', since: new Date(5) })).toBe(
      'cancel/whe_1/5',
    );
    expect(workflowIds.sweep).toBe('sweep');
  });

  it('name a run by automation, contact and message', () => {
    expect(automationRunKey({ automationId: 'aut_1', contactId: 'con_1', messageKey: 'ws_1/sha256:ab' })).toBe(
      'aut_1/con_1/sha256:ab',
    );
  });
});
