import { Shop, type ShopOptions } from './release.ts';

/** One quick step to 50 % instead of five: for scenarios that are about something else. */
export function quickShop(namespace: string, options: ShopOptions = {}): Shop {
  const edit = (canary: string) => {
    const quick = canary.replace('stepWeight: 10', 'stepWeight: 50');
    return options.edit?.(quick) ?? quick;
  };
  return new Shop(namespace, { ...options, edit });
}
