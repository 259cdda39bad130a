import { App, Chart } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import {
  Alert,
  AlertProvider,
  type AlertProviderProps,
  PropertyError,
} from '../../constructs/index.ts';
import { synthManifests } from '../../constructs/testing.ts';

const SECRET = { service: 'slack', secretName: 'on-call' } as const;

function aProvider(props: AlertProviderProps, namespace?: string): AlertProvider {
  const chart = new Chart(new App(), 'chart', namespace === undefined ? {} : { namespace });
  return new AlertProvider(chart, 'alerts', { metadata: { name: 'on-call' }, ...props });
}

describe('AlertProvider', () => {
  it('writes a service with its Secret and everything it was given', () => {
    const props = { channel: 'releases', username: 'serin', proxy: 'http://proxy.test:3128' };
    const [manifest] = synthManifests(
      (chart) => new AlertProvider(chart, 'alerts', { ...SECRET, ...props }),
    );
    expect(manifest).toMatchObject({
      apiVersion: 'flagger.app/v1beta1',
      kind: 'AlertProvider',
      spec: { type: 'slack', secretRef: { name: 'on-call' }, ...props },
    });
  });

  it.each<[Partial<AlertProviderProps>, RegExp]>([
    [{ address: 'https://hooks.test/1' }, /^secretName is "on-call", but address is given too/],
    [{ secretName: undefined as never }, /^secretName is undefined, .* nobody would be told/],
    [{ channel: ' ' }, /^channel is " ", /],
    [{ proxy: 'proxy:3128' }, /^proxy is "\(not shown\)", .* http or https/],
  ])('refuses %o', (differing, message) => {
    expect(() => aProvider({ ...SECRET, ...differing })).toThrow(PropertyError);
    expect(() => aProvider({ ...SECRET, ...differing })).toThrow(message);
  });

  it('does not quote an address that is none', () => {
    const address = 'hooks.test/services/secret';
    expect(() => aProvider({ service: 'slack', address })).toThrow(/^address is "\(not shown\)", /);
  });
});

describe('Alert', () => {
  it('names its provider with its namespace and tells everything by default', () => {
    expect(Alert.to(aProvider(SECRET, 'platform'))._toKube()).toEqual({
      name: 'on-call',
      severity: 'info',
      providerRef: { name: 'on-call', namespace: 'platform' },
    });
  });

  it('takes a provider that is made elsewhere, a name and a severity', () => {
    const alert = Alert.to({ name: 'on-call' }, { name: 'failures', severity: 'error' });
    expect(alert._toKube()).toEqual({
      name: 'failures',
      severity: 'error',
      providerRef: { name: 'on-call' },
    });
  });

  it('refuses an empty name', () => {
    expect(() => Alert.to({ name: 'on-call' }, { name: '' })).toThrow(/^name is "", /);
    expect(() => Alert.to({ name: '' }, { name: 'x' })).toThrow(/^provider\.name is "", /);
  });
});
