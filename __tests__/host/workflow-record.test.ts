import { describe, expect, it } from '@jest/globals';
import { toRecord, withRecorded } from '../../src/host/workflow-record.js';
import { parseRecord, renderRecord } from '../../src/host/records.js';
import { accepted } from '../inputs/given.js';

const deployed = accepted({
  'health-url': 'http://localhost/health',
  'health-host': 'shop.example.com',
  'health-status': '204',
  'compose-files': 'deploy/compose.yaml',
  profiles: 'web',
  variables: 'TAG=v1',
});
const record = parseRecord(
  '1.json',
  renderRecord({ sha: 'a', deployedAt: '', workflow: toRecord(deployed), services: {} }),
);

describe('what an operation takes from the record of a release', () => {
  it('is health, Compose files and profiles, where its workflow says nothing of them', () => {
    const inputs = accepted({
      operation: 'rollback',
      'health-url': 'http://localhost/api/health/',
    });
    const meant = withRecorded(inputs, record.workflow);
    expect(meant.health).toMatchObject({
      url: new URL('http://localhost/health'),
      host: 'shop.example.com',
      status: 204,
    });
    expect(meant.compose).toMatchObject({ files: ['deploy/compose.yaml'], profiles: ['web'] });
  });

  it('is nothing that the workflow says itself', () => {
    const inputs = accepted({
      operation: 'rollback',
      'health-url': 'http://localhost/other',
      'compose-files': 'compose.yaml',
      profiles: 'api',
    });
    const { variables, ...compose } = withRecorded(inputs, record.workflow).compose;
    expect({ ...compose, variables: {} }).toEqual(inputs.compose);
    expect(variables).toEqual({ TAG: 'v1' });
  });

  it('is always its variables, whatever the workflow says', () => {
    const inputs = accepted({ operation: 'rollback', variables: 'TAG=v2\nOTHER=1' });
    expect(withRecorded(inputs, record.workflow).compose.variables).toEqual({ TAG: 'v1' });
  });

  it('is nothing of a record of an earlier version', () => {
    const inputs = accepted({ operation: 'rollback' });
    expect(withRecorded(inputs, parseRecord('1.json', '{"sha":"a"}').workflow)).toBe(inputs);
  });
});
