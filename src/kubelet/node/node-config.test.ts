import { describe, expect, test } from '@jest/globals';
import { parseCidr } from '../../api/ip.js';
import { nodeConfig } from './node-config.js';

describe('nodeConfig', () => {
  test('gives each of 10,000 nodes an address and a block of pod addresses of its own, none among the Services', () => {
    const configs = Array.from({ length: 10_000 }, (_, i) => nodeConfig(i));
    expect(configs[0]).toMatchObject({ ip: '172.18.0.2', podCidr: '10.244.0.0/24' });
    expect(new Set(configs.map(({ ip }) => ip)).size).toBe(configs.length);
    const blocks = configs.map(({ podCidr }) => parseCidr(podCidr)?.network);
    expect(blocks).not.toContain(undefined);
    expect(new Set(blocks).size).toBe(configs.length);
    expect(configs.filter(({ podCidr }) => podCidr.startsWith('10.96.'))).toEqual([]);
  });
});
