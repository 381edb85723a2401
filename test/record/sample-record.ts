import type { AppliedRecord } from '../../src/plan/applied-record.ts';

/** A record with something in every part; `run` tells one from another. */
export function sampleRecord(run = 'local:host:1:a'): AppliedRecord {
  return {
    version: 2,
    tool: '0.1.0',
    environment: 'production',
    organisation: '02dc3530-8fba-409d-9d39-9d90a345a0bf',
    baseUrl: 'https://api.portkey.ai/v1',
    directory: null,
    commit: null,
    dirty: false,
    appliedBy: 'ada',
    appliedAt: '2026-08-01T10:00:00.000Z',
    run,
    digest: '3f9c2e1a',
    way: 'by-hand',
    settings: { review: { guards: { deletes: { count: 2, percent: 30 } } }, gateway: {}, pricing: {} },
    workspaces: [
      {
        id: '6e5a9f93-ae3a-46b4-a87d-2464d373ef7e',
        slug: 'ws-market-4f2a1c',
        entries: [
          {
            kind: 'usage-policy',
            name: 'monthly-spend – "all"',
            id: '11111111-1111-4111-8111-111111111111',
            fields: {
              credit_limit: 500,
              alert: null,
              match: { 'metadata.team': ['b', 'a'] } as never,
              zero: 0,
              empty: '',
            },
            protect: true,
          },
        ],
      },
      { id: null, slug: null, entries: [] },
    ],
    outcomes: [
      {
        kind: 'usage-policy',
        workspace: 'ws-market-4f2a1c',
        name: 'monthly-spend – "all"',
        action: 'create',
        fingerprint: 'abc',
        status: 'applied',
        before: null,
        after: { credit_limit: 500 },
      },
    ],
    files: {
      'org.yaml': 'kind: organisation\nenvironment: production\n',
      'workspaces/mar"ket ing.yaml': 'kind: workspace\r\nname: Café\n# no newline at the end',
      'empty.yml': '',
    },
    claim: {
      run,
      by: 'ada',
      startedAt: '2026-08-01T10:00:00.000Z',
      leaseUntil: '2026-08-01T11:00:00.000Z',
      digest: '3f9c2e1a',
      changes: [],
    },
  };
}
